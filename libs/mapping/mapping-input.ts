/** People of one issuer: all of them, or those for whom all that is named here holds. */
export interface Subject {
  readonly issuer: string;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  /** CEL over the claims. */
  readonly expression?: string | undefined;
}

/** Where a name comes from: a claim, the identity as the issuer named it, or a literal. */
export type ValueSource =
  | { readonly claim: string; readonly prefix?: string | undefined }
  | { readonly from: 'username' | 'groups' | 'uid'; readonly prefix?: string | undefined }
  | { readonly value: string };

/** Groups may be filtered; names in `only` are as they go upstream, prefix included. */
export type GroupSource = ValueSource & {
  /** Whole names, or a prefix and `*`. Absent: all of them. What it leaves out is not sent and counts for no limit. */
  readonly only?: readonly string[] | undefined;
};

export interface ExtraSource {
  readonly key: string;
  readonly value: ValueSource;
}

/** Literal names only: a claim that could choose the account could choose any account of the cluster. */
export interface ServiceAccountSource {
  readonly namespace: string;
  readonly name: string;
  /** Who the token is for; absent: the API server's own audiences. */
  readonly audiences?: readonly string[] | undefined;
  /** Asked of the API server, which may give another. Default 600, the least it gives. */
  readonly expirationSeconds?: number | undefined;
}

export interface MappingInput {
  readonly name: string;
  readonly subjects: readonly Subject[];
  /** Names, or `*` for every cluster but `gatehouse`. */
  readonly clusters: readonly string[];
  readonly impersonate?:
    | {
        readonly user: ValueSource;
        readonly groups?: readonly GroupSource[] | undefined;
        readonly uid?: ValueSource | undefined;
        readonly extra?: readonly ExtraSource[] | undefined;
      }
    | undefined;
  readonly storedToken?: object | undefined;
  readonly serviceAccount?: ServiceAccountSource | undefined;
  /** More groups than this refuse the request. Default 500. */
  readonly maxGroups?: number | undefined;
}
