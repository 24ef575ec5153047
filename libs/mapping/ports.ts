/** A person's own upstream token, opened. `token` is the clear secret: never logged, never serialised. */
export interface StoredToken {
  readonly id: string;
  readonly token: string;
  /** Who the API server said it is when it was saved. */
  readonly user: string;
  readonly groups: readonly string[];
  readonly savedAtMs: number;
  readonly expiresAtMs: number | undefined;
}

export interface NewStoredToken {
  /** `metadata.name` of the person's Issuer. */
  readonly issuer: string;
  readonly issuerUrl: string;
  readonly subject: string;
  readonly username: string;
  readonly cluster: string;
  readonly clusterUid: string;
  /** Digest of the cluster's server and CA; a token is never sent anywhere else. */
  readonly binding: string;
  readonly token: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  /** Unix milliseconds; only where the token says so itself. */
  readonly expiresAtMs?: number;
}

/** A stored token without the token. */
export interface StoredTokenSummary {
  readonly id: string;
  readonly issuer: string;
  readonly issuerUrl: string;
  readonly subject: string;
  readonly username: string;
  readonly cluster: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly savedAtMs: number;
  readonly lastUsedAtMs: number | undefined;
  readonly expiresAtMs: number | undefined;
  readonly suspended: boolean;
}

export interface MappingPorts {
  /** Undefined where none is stored, or where it is suspended. @throws GatehouseError storeUnavailable. */
  findStoredToken(issuerUrl: string, subject: string, cluster: string): Promise<StoredToken | undefined>;
}

export interface StoredTokenStore {
  /** Replaces the person's token for that cluster, if one is stored. Answers its id. */
  save(token: NewStoredToken): Promise<string>;
  find(issuerUrl: string, subject: string, cluster: string): Promise<StoredToken | undefined>;
  list(filter: {
    readonly cluster?: string;
    readonly issuerUrl?: string;
    readonly subject?: string;
  }): Promise<StoredTokenSummary[]>;
  delete(id: string): Promise<void>;
  /** The newest time stays. */
  noteStoredTokensUsed(uses: readonly { readonly id: string; readonly atMs: number }[]): Promise<void>;
  /** Suspends the tokens of a cluster that are bound to another server or CA than `keepBinding`. */
  suspendForCluster(cluster: string, keepBinding: string): Promise<void>;
}
