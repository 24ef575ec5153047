import type { ResourceObject } from './resource-object.ts';

/** A secret field taken out of an object. */
export interface SplitSecret {
  /** `token`, `clientCertificate`, `clientKey` (both PEM) of a Cluster; `clientSecret`, `clientKey` (PEM) of an Issuer. */
  readonly field: string;
  /** Never logged, never serialised but sealed. */
  readonly clear: string;
  /** Digest of where the secret may be sent; see `splitSecrets`. */
  readonly binding: string;
}

/**
 * Names one state of the set of all objects: `resourceVersion` only grows, so every change of the set shows in its
 * highest one or in the number of objects.
 */
export function stateOf(objects: readonly ResourceObject<unknown>[]): string {
  const versions = objects.map(({ metadata }) => Number(metadata.resourceVersion ?? 0));
  return `${objects.length}/${versions.reduce((one, other) => Math.max(one, other), 0)}`;
}

/**
 * Objects with Kubernetes' semantics. Objects come and go without their secrets.
 *
 * `judgedOn` is the `stateOf` all objects by which a change was found to be good. In another state the change is not
 * saved (`changedMeanwhile`): two changes that are each good may together leave no admin, or not compile.
 */
export interface ObjectStore {
  /** Sorted by name. @throws GatehouseError storeUnavailable, as all of these. */
  list(kind: string): Promise<{ items: ResourceObject[]; revision: number }>;
  get(kind: string, name: string): Promise<ResourceObject | undefined>;
  /** @throws GatehouseError alreadyExists, changedMeanwhile. */
  create(object: ResourceObject, secrets: readonly SplitSecret[], judgedOn?: string): Promise<ResourceObject>;
  /**
   * Without `secrets` the stored ones stay, unless their binding or the kind of credential changed: then they are
   * dropped. An update that changes nothing bumps nothing.
   * @throws GatehouseError notFound, conflict, changedMeanwhile.
   */
  update(
    object: ResourceObject,
    secrets: readonly SplitSecret[],
    expectedResourceVersion?: string,
    judgedOn?: string,
  ): Promise<ResourceObject>;
  /** Its secrets go with it. @throws GatehouseError notFound, conflict, changedMeanwhile. */
  delete(kind: string, name: string, expectedResourceVersion?: string, judgedOn?: string): Promise<void>;
  /**
   * Gives a Cluster another name for the same `uid`, so that secrets and stored tokens go with it; mappings, access rules
   * and access tokens that named it name it by the new one, in the same moment.
   * @throws GatehouseError notFound, alreadyExists, conflict.
   */
  renameCluster(name: string, newName: string, expectedResourceVersion?: string): Promise<ResourceObject>;
  /** Counts every change of any object. */
  revision(): Promise<number>;
  /** All objects and the revision of the same moment. */
  readAll(): Promise<{ revision: number; objects: ResourceObject[] }>;
  /** Tells of changes by this program and, a moment later, by others. Answers how to stop. */
  onChange(listener: (revision: number) => void): () => void;
}

export interface SecretStore {
  /** The clear secret, or undefined where none is stored under that binding. @throws GatehouseError storeUnavailable. */
  read(kind: string, uid: string, field: string, binding: string): Promise<string | undefined>;
}
