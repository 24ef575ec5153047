/** HTTP status, Kubernetes `Status.reason`, and the sentence that may be shown to anybody. */
export interface ErrorEntry {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

const entry = (status: number, reason: string, message: string): ErrorEntry => ({ status, reason, message });

export const ERRORS = {
  // bytes
  badTarget: entry(400, 'BadRequest', 'the request target is not an origin-form path that the gateway accepts'),
  badPath: entry(
    400,
    'BadRequest',
    'the path holds a spelling that the gateway refuses (dot segments, empty segments, encoded separators, bad escapes)',
  ),
  doubleSlash: entry(
    400,
    'BadRequest',
    'the path begins with //: remove the trailing slash from "server" in the kubeconfig, or from the base URL of the client',
  ),
  badQuery: entry(
    400,
    'BadRequest',
    'the query holds a bad escape, a semicolon, or repeats watch, fieldSelector or labelSelector',
  ),
  badMethod: entry(405, 'MethodNotAllowed', 'the method is not one that the Kubernetes API has'),
  legacyPrefix: entry(
    400,
    'BadRequest',
    'the legacy /watch/ and /proxy/ prefixes are not supported; use ?watch=1 or the proxy subresource',
  ),
  badHeader: entry(400, 'BadRequest', 'a request header is one that the gateway refuses'),
  badRequest: entry(400, 'BadRequest', 'the request could not be read as HTTP'),
  badUpgrade: entry(
    400,
    'BadRequest',
    'upgrades are accepted for websocket and SPDY/3.1 on streaming subresources, proxies and watches only',
  ),
  targetTooLong: entry(414, 'RequestURITooLong', 'the request target is longer than 64 KiB'),
  headersTooLarge: entry(431, 'RequestHeaderFieldsTooLarge', 'the request headers are larger than 64 KiB or too many'),
  misdirected: entry(421, 'Misdirected', 'this gateway does not answer for that host'),
  requestTimeout: entry(408, 'Timeout', 'the request was not received in time'),
  // identity
  notPresented: entry(401, 'Unauthorized', 'no credential was presented; log in at /-/ or send a bearer token'),
  invalidCredential: entry(401, 'Unauthorized', 'the credential is not valid'),
  expiredCredential: entry(401, 'Unauthorized', 'the credential has expired; log in again'),
  twoCredentials: entry(400, 'BadRequest', 'two explicit credentials were presented; send one'),
  userDisabled: entry(403, 'Forbidden', 'you have been disabled on this gateway; ask an admin'),
  identityUnavailable: entry(503, 'ServiceUnavailable', 'the identity provider or the session store cannot be reached'),
  // mapping and policy
  noMapping: entry(403, 'Forbidden', 'no mapping gives you an identity on this cluster; ask an admin for one'),
  badMappedIdentity: entry(403, 'Forbidden', 'the mapping gives a name that may not go upstream'),
  noStoredToken: entry(
    403,
    'Forbidden',
    'your mapping uses a stored token and none is stored for you; enter one at /-/ or ask an admin',
  ),
  storedTokenRejected: entry(
    403,
    'Forbidden',
    'the cluster refused your stored token; enter a new one at /-/ or ask an admin',
  ),
  impersonationRefused: entry(403, 'Forbidden', 'you may not act as somebody else (--as) here'),
  consentUnknown: entry(
    502,
    'BadGateway',
    'the cluster could not be asked whether you may act as somebody else (--as); an admin must mend it',
  ),
  stepUpRequired: entry(401, 'Unauthorized', 'this asks for a newer or a stronger authentication; log in again'),
  denied: entry(403, 'Forbidden', 'no access rule allows this'),
  unknownCluster: entry(404, 'NotFound', 'there is no cluster of that name'),
  clusterDisabled: entry(503, 'ServiceUnavailable', 'an admin of this gateway has disabled this cluster'),
  notFound: entry(404, 'NotFound', 'the gateway has nothing at this path'),
  // own objects
  invalid: entry(422, 'Invalid', 'the object is not valid'),
  conflict: entry(409, 'Conflict', 'the object was changed in between; read it again'),
  changedMeanwhile: entry(
    409,
    'Conflict',
    'the gateway’s objects were changed while this change was checked; nothing was saved, try again',
  ),
  alreadyExists: entry(409, 'AlreadyExists', 'an object of that name exists'),
  unsupportedMediaType: entry(415, 'UnsupportedMediaType', 'send JSON or YAML'),
  tooLarge: entry(413, 'RequestEntityTooLarge', 'the request body is larger than the gateway accepts'),
  // upstream and inside
  tooManyRequests: entry(429, 'TooManyRequests', 'too many requests; try again later'),
  upstreamUnavailable: entry(502, 'BadGateway', 'the cluster cannot be reached'),
  upstreamInvalid: entry(502, 'BadGateway', 'the cluster sent a response that is not valid HTTP'),
  exchangeFailed: entry(
    502,
    'BadGateway',
    'the gateway failed while it forwarded this request; the audit id of this response finds the cause in its log',
  ),
  upstreamCredentialRejected: entry(
    502,
    'BadGateway',
    "the cluster refused the gateway's own credential; an admin must mend it",
  ),
  upstreamUnauthorized: entry(
    502,
    'BadGateway',
    'the cluster accepts the credential, but an API server, kubelet or application behind it responded 401; whoever runs that must mend it',
  ),
  serviceAccountTokenRefused: entry(
    502,
    'BadGateway',
    'the cluster gives the gateway no token of the service account that your mapping names; an admin must mend it',
  ),
  serviceAccountTokenUnavailable: entry(
    503,
    'ServiceUnavailable',
    'the cluster cannot give a token of your service account now; try again later',
  ),
  serviceAccountTokenRejected: entry(
    502,
    'BadGateway',
    'the cluster refused the token of your service account that it gave itself; try again, or ask an admin to check the account and the audiences of the mapping',
  ),
  upstreamTimeout: entry(504, 'Timeout', 'the cluster did not answer in time'),
  storeUnavailable: entry(503, 'ServiceUnavailable', 'the gateway cannot reach its database; try again later'),
  auditUnavailable: entry(503, 'ServiceUnavailable', 'the gateway cannot write its audit log; try again later'),
  outOfDescriptors: entry(
    503,
    'ServiceUnavailable',
    'the gateway has too few file descriptors left for new connections; try again later',
  ),
  draining: entry(503, 'ServiceUnavailable', 'the gateway is shutting down'),
  internal: entry(500, 'InternalError', 'the gateway failed; the audit id of this answer finds the cause in its log'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(ERRORS, value);
}

export function errorStatus(code: ErrorCode): number {
  return ERRORS[code].status;
}

/**
 * An error with a stable code; matched by code, never by text. `message` may be shown to the caller, `cause` never is.
 */
export class GatehouseError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message?: string, options?: ErrorOptions) {
    super(message ?? ERRORS[code].message, options);
    this.name = 'GatehouseError';
    this.code = code;
  }
}
