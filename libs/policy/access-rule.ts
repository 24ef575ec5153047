/** One person or group of one issuer; without user and group everybody of it; with both, both must hold. */
export interface Subject {
  readonly issuer: string;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
}

/**
 * RBAC's words (`resources`, or `nonResourceURLs`), or raw `methods` and `paths`. What RBAC requires is required here:
 * an absent `verbs`, `apiGroups`, `resources` or `methods` matches nothing.
 */
export interface Rule {
  readonly verbs?: readonly string[] | undefined;
  readonly apiGroups?: readonly string[] | undefined;
  /** `pods`, `pods/log`, `*`, `*\/scale`. A Deny also knows `pods/*`: all subresources of pods. */
  readonly resources?: readonly string[] | undefined;
  readonly resourceNames?: readonly string[] | undefined;
  /** Absent: all, and cluster-scoped. Present: only requests in those; `*` is every namespace, without cluster-scoped. */
  readonly namespaces?: readonly string[] | undefined;
  /** Exact, or a prefix that ends in `*`. */
  readonly nonResourceURLs?: readonly string[] | undefined;
  /** `GET` covers HEAD; `*` is every method. */
  readonly methods?: readonly string[] | undefined;
  /** Globs over the raw path; see `readPathPattern` of `#kube`. */
  readonly paths?: readonly string[] | undefined;
  /** RE2 expressions over the whole raw path; an Allow's never meet a connect subresource. */
  readonly pathRegexes?: readonly string[] | undefined;
}

/**
 * What must hold beside the words of a rule; the rule counts only while all of it does. A Deny has `sourceAddresses`
 * and `notBefore` alone: by any other one, what it denies would open by itself.
 */
export interface Conditions {
  /** Addresses or CIDRs; one of them holds the true client address. */
  readonly sourceAddresses?: readonly string[] | undefined;
  /** RFC 3339; from then on. */
  readonly notBefore?: string | undefined;
  /** RFC 3339; until just before then. */
  readonly notAfter?: string | undefined;
  /** By the token's `auth_time`; without one the condition does not hold. */
  readonly maxAuthenticationAgeSeconds?: number | undefined;
  /** The token's `acr` is one of them. */
  readonly acrValues?: readonly string[] | undefined;
}

export interface AccessRuleInput {
  readonly name: string;
  /** `metadata.resourceVersion`; named with the rule wherever it decides. */
  readonly version?: string | undefined;
  readonly subjects: readonly Subject[];
  /** Names, or `*` for every cluster but `gatehouse`. */
  readonly clusters: readonly string[];
  readonly effect?: 'Allow' | 'Deny' | undefined;
  readonly mode?: 'Enforce' | 'Report' | undefined;
  /** A wide Allow for a while, to learn from: it decides only where no other Allow does, and says so in the record. */
  readonly learning?: boolean | undefined;
  readonly conditions?: Conditions | undefined;
  readonly rules: readonly Rule[];
}
