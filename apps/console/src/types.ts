/** The JSON that the gateway answers with, as far as the console reads it. */
export interface ClusterView {
  name: string;
  default: boolean;
  mode: 'impersonate' | 'storedToken' | 'none';
  user?: string;
  groups?: string[];
  mapping?: string;
  error?: string;
  storedToken?: { present: boolean; user?: string; savedAt?: string };
}

export interface Me {
  username: string;
  issuer: string;
  groups: string[];
  expiresAt: string;
  credential: string;
  clusters: ClusterView[];
  gateway: { canReadAudit: boolean; canReadObjects: boolean; canEditObjects: boolean };
}

export interface LoginIssuer {
  name: string;
  displayName: string;
}

export interface GatewayObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; uid?: string; resourceVersion?: string; creationTimestamp?: string };
  spec: Record<string, unknown>;
}

export interface AuditEvent {
  auditID: string;
  stage: string;
  requestURI: string;
  verb: string;
  user: { username?: string; groups?: string[] };
  impersonatedUser?: { username?: string };
  sourceIPs?: string[];
  objectRef?: { resource?: string; namespace?: string; name?: string; subresource?: string };
  responseStatus?: { code?: number };
  requestReceivedTimestamp: string;
  annotations?: Record<string, string>;
}

export interface List<Item> {
  metadata: { continue?: string };
  items: Item[];
}

/** One problem of a refused object: the field's path and what would be right. */
export interface Cause {
  field?: string;
  message: string;
}
