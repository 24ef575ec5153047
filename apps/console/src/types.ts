/** The JSON that the gateway answers with, as far as the console reads it. Every string in it may be hostile. */
export interface ClusterView {
  name: string;
  default: boolean;
  mode: 'impersonate' | 'storedToken' | 'serviceAccount' | 'none';
  user?: string;
  groups?: string[];
  mapping?: string;
  /** Why there is no identity on this cluster. */
  error?: string;
  storedToken?: { present: boolean; user?: string; savedAt?: string; lastUsed?: string; expiresAt?: string };
}

/** `GET /-/me`. */
export interface Me {
  username: string;
  issuer: string;
  groups: string[];
  expiresAt: string;
  credential: string;
  clusters: ClusterView[];
  gateway: {
    canReadAudit: boolean;
    canReadObjects: boolean;
    canEditObjects: boolean;
    canReadTokens: boolean;
    canMakeServiceTokens: boolean;
    canEndSessions: boolean;
  };
}

/** One of `GET /-/auth/issuers`. */
export interface LoginIssuer {
  name: string;
  displayName: string;
}

/** A browser session; the first three only in an admin's list. */
export interface SessionView {
  id: string;
  username?: string;
  issuer?: string;
  issuerUrl?: string;
  subject?: string;
  createdAt: string;
  lastSeenAt: string;
  expiresAt: string;
  sourceAddress?: string;
  userAgent?: string;
  /** The one that this page is shown in. */
  current?: boolean;
}

/** A Session of the gateway's own API. */
export interface SessionObject {
  metadata: { name: string; creationTimestamp: string };
  status: Omit<SessionView, 'id' | 'createdAt' | 'lastSeenAt'> & { lastSeen: string };
}

/** An access token without the token; the owner only in an admin's list. */
export interface AccessTokenView {
  id: string;
  name: string;
  username?: string;
  origin: string;
  createdAt: string;
  expiresAt: string;
  expiresSoon: boolean;
  lastUsedAt?: string | undefined;
  clusters?: string[];
  namespaces?: string[];
  verbs?: string[];
  resources?: string[];
}

/** An AccessToken of the gateway's own API. */
export interface AccessTokenObject {
  metadata: { name: string; creationTimestamp: string };
  spec: Pick<AccessTokenView, 'name' | 'username' | 'expiresAt' | 'clusters' | 'namespaces' | 'verbs' | 'resources'>;
  /** `token` once, when it is made. */
  status: Pick<AccessTokenView, 'origin' | 'expiresSoon'> & { lastUsed?: string; token?: string };
}

/** A program that waits with a code. What it says of itself nobody has checked. */
export interface DeviceLogin {
  clientId: string;
  clientName: string;
  sourceAddress: string;
  yourAddress: string;
  requestedAt: string;
  /** Of the token, if it is given now. */
  tokenExpiresAt: string;
}

/** A program that has opened the browser and waits at its own address. */
export interface CodeLogin {
  clientId: string;
  clientName: string;
  redirectUri: string;
  /** Of the token, if it is given now. */
  tokenExpiresAt: string;
}

/** Whom a cluster says that a token belongs to. */
export interface TokenIdentity {
  user: string;
  groups?: string[];
}

export interface Subject {
  issuer?: string;
  user?: string;
  group?: string;
  /** Of a Mapping: CEL over the claims. */
  expression?: string;
}

/** A Cluster, Issuer, Mapping or AccessRule. The spec is validated by the gateway alone. */
export interface GatewayObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; uid?: string; resourceVersion?: string; creationTimestamp?: string };
  spec?: Record<string, unknown>;
  status?: { health?: ClusterHealth };
}

/** How a Cluster is, as the gateway has just asked it. */
export interface ClusterHealth {
  reachable?: boolean;
  version?: string;
  certificateExpiresAt?: string;
  credentialExpiresAt?: string;
  impersonation?: string;
  problems?: string[];
}

/** `audit.k8s.io/v1` Event. */
export interface AuditEvent {
  auditID: string;
  stage: string;
  requestURI: string;
  verb: string;
  user: { username?: string; groups?: string[] };
  impersonatedUser?: { username?: string; groups?: string[] };
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
  reason?: string;
  field?: string;
  message: string;
}

/** A Kubernetes `Status` of a failure. */
export interface Status {
  message?: string;
  details?: { causes?: Cause[] };
}

/** An AccessReview with its answer. */
export interface AccessReview {
  status: {
    person: { issuer: string; user: string; groups: string[] };
    /** How the gateway knows who that is. */
    known?: string;
    cluster: string;
    reads?: string;
    refusal?: string;
    mapping?: { refused: string } | { name: string; mode: string; user: string; groups: string[] };
    otherMappings: { name: string; by: string }[];
    /** Of which an expression cannot be judged, for want of a claim say. */
    unjudgedMappings: { mapping: string; problem: string }[];
    rules: { rule: string; effect: string; mode: string; matched: boolean; decides: boolean; why?: string }[];
    rulesForOthers: number;
    decision?: { allowed: boolean; rule?: string; reason: string };
    headers?: [name: string, value: string][];
    rbac: { verb: string; allowed?: boolean; says: string }[];
    allowed: boolean;
    refusedBy?: string;
  };
}

/** A kind of request that a change of the rules would judge otherwise. */
export interface ChangedVerdict {
  count: number;
  lastAt: string;
  auditId: string;
  user: string;
  cluster: string;
  verb: string;
  what: string;
}

/** An AccessRuleDryRun with its answer. */
export interface DryRun {
  status: {
    replayed: number;
    truncated: boolean;
    newlyDenied: ChangedVerdict[];
    newlyAllowed: ChangedVerdict[];
    leftOut: number;
    changedSince: number;
    loginAssumed: string[];
  };
}
