import { readWarnings } from './read-warnings.ts';
import type { Question } from './read-question.ts';
import type { TokenRequest } from './read-token-request.ts';
import type {
  AccessReview,
  AccessTokenObject,
  AccessTokenView,
  AuditEvent,
  Cause,
  CodeLogin,
  DeviceLogin,
  DryRun,
  GatewayObject,
  List,
  LoginIssuer,
  Me,
  SessionObject,
  SessionView,
  Status,
  TokenIdentity,
} from './types.ts';

const OWN = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1';

/** The session is good, and a rule asks for a newer or stronger login (RFC 9470). */
const STEP_UP = 'InsufficientUserAuthentication';

/** An answer other than 2xx; `message` is the gateway's own sentence. */
export class ApiError extends Error {
  readonly status: number;
  readonly causes: readonly Cause[];
  /** Where to log in again, if that is all that is missing. */
  readonly loginPath: string | undefined;
  constructor(status: number, message: string, causes: readonly Cause[]) {
    super(message);
    this.status = status;
    this.causes = causes.filter(({ reason }) => reason !== STEP_UP);
    this.loginPath = causes.find(({ reason }) => reason === STEP_UP)?.message;
  }
}

/** An object as it was stored, and what the gateway warns of in it. */
export interface Saved {
  readonly object: GatewayObject;
  readonly warnings: readonly string[];
}

const listeners = new Set<() => void>();

/** Tells when any call is answered 401: the session is over, whatever page is open. */
export function onUnauthenticated(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** @throws ApiError for every answer but 2xx; Error where the gateway cannot be reached. */
async function call(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  // The gateway takes changes as JSON only, since no form of another site can send it.
  if (method !== 'GET') headers['Content-Type'] = 'application/json';
  const init: RequestInit = { method, headers, credentials: 'same-origin', redirect: 'error', cache: 'no-store' };
  if (method !== 'GET') init.body = JSON.stringify(body ?? {});
  const response = await fetch(path, init).catch((cause: unknown) => {
    throw new Error('The gateway cannot be reached. Check the connection and try again.', { cause });
  });
  if (response.ok) return response;
  const failure = await readFailure(response);
  if (response.status === 401 && failure.loginPath === undefined) listeners.forEach((listener) => listener());
  throw failure;
}

async function readFailure(response: Response): Promise<ApiError> {
  const fallback = `The gateway answered ${response.status}.`;
  try {
    const status = JSON.parse(await response.text()) as Status;
    return new ApiError(response.status, status.message ?? fallback, status.details?.causes ?? []);
  } catch {
    // Something before the gateway answered; the number has to do.
    return new ApiError(response.status, fallback, []);
  }
}

const json = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
  (await (await call(method, path, body)).json()) as T;
const saved = async (method: string, path: string, body: unknown): Promise<Saved> => {
  const response = await call(method, path, body);
  const object = (await response.json()) as GatewayObject;
  return { object, warnings: readWarnings(response.headers.get('Warning')) };
};
/** A question is created and answered, and not kept. */
const review = async <T>(plural: string, kind: string, spec: unknown): Promise<T> =>
  await json('POST', `${OWN}/${plural}`, { apiVersion: 'gatehouse.dev/v1alpha1', kind, spec });
const done = async (method: string, path: string): Promise<void> => void (await call(method, path));

const queryObject = (search: string): Record<string, string> => Object.fromEntries(new URLSearchParams(search));
const tokenPath = (cluster: string): string => `/-/me/upstream-tokens/${encodeURIComponent(cluster)}`;
const objectPath = (plural: string, name: string): string => `${OWN}/${plural}/${encodeURIComponent(name)}`;

/** Every call of the console. Same origin only; the session cookie does the rest. */
export const api = {
  me: (): Promise<Me> => json('GET', '/-/me'),
  kubeconfig: async (form: string): Promise<string> =>
    await (await call('GET', `/-/me/kubeconfig?with=${encodeURIComponent(form)}`)).text(),
  /** With a token that is made for it. */
  createKubeconfig: async (): Promise<string> => await (await call('POST', '/-/me/kubeconfig')).text(),
  issuers: (): Promise<LoginIssuer[]> => json('GET', '/-/auth/issuers'),
  /** Answers where to go then: to the provider, to log out there as well, or to the front page. */
  logout: async (): Promise<string> => (await call('POST', '/-/auth/logout')).headers.get('Location') ?? '/-/',
  findDeviceLogin: (userCode: string): Promise<DeviceLogin> => json('POST', '/-/me/device-logins/find', { userCode }),
  answerDeviceLogin: async (decision: 'approve' | 'deny', userCode: string): Promise<void> =>
    void (await call('POST', `/-/me/device-logins/${decision}`, { userCode })),
  /** @param search the query that the program opened the browser with. */
  readCodeLogin: (search: string): Promise<CodeLogin> => json('POST', '/-/me/code-logins/read', queryObject(search)),
  answerCodeLogin: (decision: 'approve' | 'deny', search: string): Promise<{ redirectTo: string }> =>
    json('POST', `/-/me/code-logins/${decision}`, queryObject(search)),
  saveToken: (cluster: string, token: string): Promise<TokenIdentity> => json('PUT', tokenPath(cluster), { token }),
  deleteToken: (cluster: string): Promise<void> => done('DELETE', tokenPath(cluster)),
  list: (plural: string): Promise<List<GatewayObject>> => json('GET', `${OWN}/${plural}`),
  read: (plural: string, name: string): Promise<GatewayObject> => json('GET', objectPath(plural, name)),
  create: (plural: string, object: unknown): Promise<Saved> => saved('POST', `${OWN}/${plural}`, object),
  update: (plural: string, name: string, object: unknown): Promise<Saved> =>
    saved('PUT', objectPath(plural, name), object),
  remove: (plural: string, name: string): Promise<void> => done('DELETE', objectPath(plural, name)),
  ownTokens: async (): Promise<AccessTokenView[]> =>
    (await json<{ items: AccessTokenView[] }>('GET', '/-/me/tokens')).items,
  createOwnToken: async (request: TokenRequest): Promise<string> =>
    (await json<{ token: string }>('POST', '/-/me/tokens', request)).token,
  revokeOwnToken: (id: string): Promise<void> => done('DELETE', `/-/me/tokens/${encodeURIComponent(id)}`),
  tokens: async (): Promise<AccessTokenView[]> =>
    (await json<List<AccessTokenObject>>('GET', `${OWN}/accesstokens`)).items.map(({ metadata, spec, status }) => ({
      ...spec,
      ...status,
      id: metadata.name,
      createdAt: metadata.creationTimestamp,
      lastUsedAt: status.lastUsed,
    })),
  createServiceToken: async (identity: string, spec: TokenRequest): Promise<string> =>
    (await json<AccessTokenObject>('POST', `${objectPath('serviceidentities', identity)}/token`, { spec })).status
      .token ?? '',
  revokeToken: (id: string): Promise<void> => done('DELETE', objectPath('accesstokens', id)),
  ownSessions: (): Promise<{ items: SessionView[] }> => json('GET', '/-/me/sessions'),
  endOwnSession: (id: string): Promise<void> => done('DELETE', `/-/me/sessions/${encodeURIComponent(id)}`),
  endOwnSessions: (): Promise<void> => done('DELETE', '/-/me/sessions'),
  sessions: async (): Promise<SessionView[]> =>
    (await json<List<SessionObject>>('GET', `${OWN}/sessions`)).items.map(({ metadata, status }) => ({
      ...status,
      id: metadata.name,
      createdAt: metadata.creationTimestamp,
      lastSeenAt: status.lastSeen,
    })),
  endSession: (id: string): Promise<void> => done('DELETE', objectPath('sessions', id)),
  endSessionsOf: ({ issuer = '', subject = '' }: SessionView): Promise<void> =>
    done(
      'DELETE',
      `${OWN}/sessions?fieldSelector=${encodeURIComponent(`status.issuer=${issuer},status.subject=${subject.replace(/[\\,=]/g, '\\$&')}`)}`,
    ),
  /** @param query as `toApiQuery` writes it. */
  auditEvents: (query: string): Promise<List<AuditEvent>> => json('GET', `${OWN}/auditevents${query}`),
  explain: (question: Question): Promise<AccessReview> => review('accessreviews', 'AccessReview', question),
  dryRun: (rule: unknown): Promise<DryRun> => review('accessruledryruns', 'AccessRuleDryRun', { saved: [rule] }),
};
