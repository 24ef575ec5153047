/**
 * What an access token is narrowed to, beside its owner's rules; each list that is absent narrows nothing. The gateway's
 * own objects are reached only by a token whose `clusters` name `gatehouse`.
 */
export interface Narrowing {
  readonly clusters?: readonly string[] | undefined;
  /** Only requests in these namespaces; nothing cluster-scoped, and nothing across all namespaces. */
  readonly namespaces?: readonly string[] | undefined;
  readonly verbs?: readonly string[] | undefined;
  /** `pods`, `pods/log`, `deployments.apps`; a group is compared only where it is given. */
  readonly resources?: readonly string[] | undefined;
}
