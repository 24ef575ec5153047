import { ERRORS, GatehouseError, type ErrorCode } from '#errors';
import type { ServiceAccountGrant } from '#model';
import { callAsGateway, type OwnCallPorts } from './call-as-gateway.ts';
import type { ClusterAnswer } from './call-cluster.ts';
import type { ClusterConnection } from './open-cluster.ts';

export type ServiceAccount = Pick<ServiceAccountGrant, 'namespace' | 'name' | 'audiences' | 'expirationSeconds'>;

export type ServiceAccountToken =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

export interface ServiceAccountTokens {
  /** At once where one is held, else when the cluster has answered. `onBehalfOf` is the audit id of the request. */
  get(
    cluster: ClusterConnection,
    account: ServiceAccount,
    onBehalfOf: string,
  ): ServiceAccountToken | Promise<ServiceAccountToken>;
  /** The cluster refused this token: another is asked for, a moment later. */
  forget(cluster: ClusterConnection, account: ServiceAccount, token: string): void;
}

interface Held {
  /** Clear; in memory only. */
  token?: string;
  renewAtMs: number;
  usableUntilMs: number;
  asking?: Promise<ServiceAccountToken>;
  failure?: ServiceAccountToken;
  /** After a failure nothing is asked before this. */
  retryAtMs: number;
}

/** Of the token's life, as the kubelet does it. */
const RENEW_AFTER = 0.8;
/** A request must arrive before the token's end. */
const MARGIN_MS = 10_000;
/** A cluster that refuses is not asked again by each request of a flood; an admin who mends it waits no longer. */
const RETRY_AFTER_MS = 2000;
/** RFC 6750 b64token, the only form that can stand in a header as it is. */
const B64_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Short-lived tokens of service accounts (TokenRequest), held in memory only and renewed at 80 % of their life while
 * the old one goes on being used. One request for a token at a time, however many wait for it. What is held belongs to
 * one connection object, so that a cluster with another server, CA or credential never meets an earlier one's tokens.
 */
export function createServiceAccountTokens(ports: OwnCallPorts): ServiceAccountTokens {
  const held = new WeakMap<ClusterConnection, Map<string, Held>>();

  const heldFor = (cluster: ClusterConnection, account: ServiceAccount): Held => {
    let accounts = held.get(cluster);
    if (!accounts) held.set(cluster, (accounts = new Map()));
    const key = JSON.stringify([account.namespace, account.name, account.expirationSeconds, ...account.audiences]);
    let entry = accounts.get(key);
    if (!entry) {
      // Mappings come and go: what has ended and is not being asked for is no longer needed.
      for (const [old, { usableUntilMs, retryAtMs, asking }] of accounts)
        if (!asking && usableUntilMs <= ports.now() && retryAtMs <= ports.now()) accounts.delete(old);
      accounts.set(key, (entry = { renewAtMs: 0, usableUntilMs: 0, retryAtMs: 0 }));
    }
    return entry;
  };

  const ask = async (
    cluster: ClusterConnection,
    account: ServiceAccount,
    onBehalfOf: string,
    entry: Held,
  ): Promise<ServiceAccountToken> => {
    const askedAtMs = ports.now();
    try {
      const answer = await callAsGateway(cluster, tokenRequest(account, onBehalfOf), ports);
      const read = readAnswer(answer, cluster.name, account);
      if (!read.ok) return fail(entry, read);
      entry.token = read.token;
      entry.renewAtMs = askedAtMs + read.lifeMs * RENEW_AFTER;
      entry.usableUntilMs = askedAtMs + read.lifeMs - MARGIN_MS;
      entry.retryAtMs = 0;
      return { ok: true, token: read.token };
    } catch (error) {
      if (!(error instanceof GatehouseError)) throw error;
      return fail(entry, { ok: false, code: error.code, message: error.message });
    } finally {
      delete entry.asking;
    }
  };
  const fail = (entry: Held, failure: ServiceAccountToken): ServiceAccountToken => {
    entry.failure = failure;
    entry.retryAtMs = ports.now() + RETRY_AFTER_MS;
    return failure;
  };

  return {
    get(cluster, account, onBehalfOf) {
      const entry = heldFor(cluster, account);
      const nowMs = ports.now();
      const usable = entry.token !== undefined && nowMs < entry.usableUntilMs;
      if (usable && nowMs < entry.renewAtMs) return { ok: true, token: entry.token as string };
      if (!entry.asking && nowMs >= entry.retryAtMs) {
        entry.asking = ask(cluster, account, onBehalfOf, entry);
        // Nobody may be waiting for a renewal; whoever is still sees how it ends.
        entry.asking.catch(() => {});
      }
      if (usable) return { ok: true, token: entry.token as string };
      return entry.asking ?? (entry.failure as ServiceAccountToken);
    },
    forget(cluster, account, token) {
      const entry = heldFor(cluster, account);
      if (entry.token !== token) return;
      delete entry.token;
      fail(entry, {
        ok: false,
        code: 'serviceAccountTokenRejected',
        message: ERRORS.serviceAccountTokenRejected.message,
      });
    },
  };
}

function tokenRequest({ namespace, name, audiences, expirationSeconds }: ServiceAccount, onBehalfOf: string) {
  return {
    method: 'POST' as const,
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds, ...(audiences.length > 0 ? { audiences } : {}) },
    },
    reason: `the gateway asks for a token of service account "${namespace}/${name}"`,
    onBehalfOf,
  };
}

type ReadToken =
  | { readonly ok: true; readonly token: string; readonly lifeMs: number }
  | Extract<ServiceAccountToken, { ok: false }>;

/** A failure says what is missing and who can mend it. */
function readAnswer({ statusCode, text }: ClusterAnswer, cluster: string, account: ServiceAccount): ReadToken {
  const who = `service account "${account.namespace}/${account.name}"`;
  const refuse = (code: ErrorCode, why: string): ReadToken => ({
    ok: false,
    code,
    message: `cluster "${cluster}" gives the gateway no token of ${who}: ${why}`,
  });
  if (statusCode === 401)
    return refuse('upstreamCredentialRejected', 'it refuses the gateway’s own credential; an admin must mend it');
  if (statusCode === 403)
    return refuse(
      'serviceAccountTokenRefused',
      `the gateway’s credential lacks the right to create serviceaccounts/token there; an admin can grant it with gatehouse rbac --cluster ${cluster}`,
    );
  if (statusCode === 404) return refuse('serviceAccountTokenRefused', 'there is no such account; ask an admin');
  if (statusCode === 429 || statusCode >= 500)
    return refuse('serviceAccountTokenUnavailable', `it answers ${statusCode}; try again later`);
  const given = statusCode === 200 || statusCode === 201 ? readToken(text, account.expirationSeconds) : undefined;
  return given
    ? { ok: true, ...given }
    : refuse('serviceAccountTokenRefused', `it answers ${statusCode}; check the audiences of the mapping`);
}

/** The life is the server's word (it may shorten what was asked for), measured by our own clock from the asking on. */
function readToken(text: string, askedSeconds: number): { token: string; lifeMs: number } | undefined {
  try {
    const { spec, status } = JSON.parse(text) as {
      spec?: { expirationSeconds?: unknown };
      status?: { token?: unknown };
    };
    if (typeof status?.token !== 'string' || !B64_TOKEN.test(status.token)) return undefined;
    const seconds = Number.isInteger(spec?.expirationSeconds) ? (spec?.expirationSeconds as number) : askedSeconds;
    return { token: status.token, lifeMs: seconds * 1000 };
  } catch {
    return undefined;
  }
}
