import { z } from 'zod';
import { GatehouseError } from '#errors';
import { accessTokenDigest, createAccessToken } from '#identity';
import type { AccessTokenOrigin, AccessTokenStore, AccessTokenSummary, UserStore } from '#login';
import type { Identity } from '#model';
import { uuidV7 } from '#pipeline';

export interface AccessTokenView {
  readonly id: string;
  readonly name: string;
  /** A program's login that the person approved, a kubeconfig, or their own request. */
  readonly origin: AccessTokenOrigin;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** Less than a week, or less than a tenth of its life, is left. */
  readonly expiresSoon: boolean;
  readonly lastUsedAt?: string;
  readonly clusters?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly string[];
}

export interface AccessTokens {
  /** The only time that the token is shown. @throws GatehouseError invalid, impersonationRefused (by a token). */
  create(owner: Identity, body: unknown): Promise<AccessTokenView & { readonly token: string }>;
  list(owner: Pick<Identity, 'issuerUrl' | 'subject'>): Promise<AccessTokenView[]>;
  /** False where the person has no such token. */
  remove(owner: Pick<Identity, 'issuerUrl' | 'subject'>, id: string): Promise<boolean>;
}

export interface AccessTokensPorts {
  readonly store: AccessTokenStore;
  readonly users: UserStore;
  readonly maxLifetimeSeconds: number;
  /** Resolves when every worker has forgotten what it remembered of tokens. */
  applied(): Promise<void>;
  now(): number;
}

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const words = (pattern: RegExp, what: string) =>
  z
    .array(z.string().regex(pattern, `must be ${what}`))
    .min(1)
    .max(64)
    .optional();

const schema = (maxLifetimeSeconds: number) =>
  z.strictObject({
    name: z
      .string()
      .min(1)
      .max(100)
      .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/, 'must not hold control characters'),
    expiresInSeconds: z.int().min(60).max(maxLifetimeSeconds),
    clusters: words(DNS_LABEL, 'the name of a cluster'),
    namespaces: words(DNS_LABEL, 'the name of a namespace'),
    verbs: words(/^[a-z]{1,40}$/, 'a verb of the Kubernetes API, like get, list, watch'),
    resources: words(
      /^[a-z][a-z0-9-]*(\.[a-z0-9.-]+)?(\/[a-z][a-z0-9-]*)?$/,
      'a resource, like pods, pods/log or deployments.apps',
    ),
  });

const WEEK_MS = 7 * 86_400_000;

/** Tokens for scripts: made by a person for themselves, shown once, narrowed, and ended by time or by hand. */
export function createAccessTokens(ports: AccessTokensPorts): AccessTokens {
  const accepted = schema(ports.maxLifetimeSeconds);
  const { store, now } = ports;
  return {
    async create(owner, body) {
      // A stolen token must not be able to outlive its own end.
      if (owner.credential.kind === 'token')
        throw new GatehouseError('denied', 'an access token cannot make access tokens; log in, or use an ID token');
      const read = accepted.safeParse(body);
      if (!read.success) {
        const problems = read.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
        throw new GatehouseError('invalid', problems.join('; '));
      }
      const { name, expiresInSeconds, ...narrowing } = read.data;
      const nowMs = now();
      const { issuer, issuerUrl, subject, username, claims } = owner;
      await ports.users.noteSeen([{ issuer, issuerUrl, subject, username, claims, atMs: nowMs }]);
      const { token, summary } = await saveToken(store, {
        name,
        issuer,
        issuerUrl,
        subject,
        username,
        narrowing,
        createdBy: username,
        origin: 'request',
        createdAtMs: nowMs,
        expiresAtMs: nowMs + expiresInSeconds * 1000,
      });
      return { token, ...view(summary, nowMs) };
    },
    list: async ({ issuerUrl, subject }) =>
      (await store.listAccessTokens({ issuerUrl, subject })).map((token) => view(token, now())),
    async remove({ issuerUrl, subject }, id) {
      const removed = await store.deleteAccessToken(id, { issuerUrl, subject });
      if (removed) await ports.applied();
      return removed;
    },
  };
}

/** Makes a token and stores its digest. */
export async function saveToken(
  store: AccessTokenStore,
  row: Omit<AccessTokenSummary, 'id' | 'lastUsedAtMs'>,
): Promise<{ token: string; summary: AccessTokenSummary }> {
  const token = createAccessToken();
  const summary = { id: uuidV7(row.createdAtMs), lastUsedAtMs: undefined, ...row };
  const { lastUsedAtMs: _unused, ...stored } = summary;
  await store.createAccessToken({ ...stored, digest: accessTokenDigest(token) });
  return { token, summary };
}

/** Less than a week, or less than a tenth of its life, is left. */
export function expiresSoon({ createdAtMs, expiresAtMs }: AccessTokenSummary, nowMs: number): boolean {
  return expiresAtMs - nowMs < Math.min(WEEK_MS, (expiresAtMs - createdAtMs) / 10);
}

function view(token: AccessTokenSummary, nowMs: number): AccessTokenView {
  const { id, name, origin, createdAtMs, expiresAtMs, lastUsedAtMs, narrowing } = token;
  return {
    id,
    name,
    origin,
    createdAt: new Date(createdAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
    expiresSoon: expiresSoon(token, nowMs),
    ...(lastUsedAtMs === undefined ? {} : { lastUsedAt: new Date(lastUsedAtMs).toISOString() }),
    ...(narrowing as Partial<AccessTokenView>),
  };
}
