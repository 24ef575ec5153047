/** Kubernetes' ObjectMeta, as far as the gateway's own objects have it. */
export interface ObjectMetadata {
  name: string;
  /** For life; a deleted and re-made object has another one. */
  uid?: string;
  /** Opaque to clients; sent back on update it must still be the stored one. */
  resourceVersion?: string;
  /** Counts changes of spec or secrets. */
  generation?: number;
  /** RFC 3339, seconds. */
  creationTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** One of the gateway's own objects. */
export interface ResourceObject<Spec = unknown> {
  apiVersion: string;
  kind: string;
  metadata: ObjectMetadata;
  spec: Spec;
  status?: unknown;
}

/** A fault of an object: the path of the field, as `spec.rules[0].verbs`, and what would be right. Never a secret. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}
