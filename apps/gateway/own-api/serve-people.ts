import { z } from 'zod';
import { GatehouseError } from '#errors';
import { SERVICE_ISSUER } from '#identity';
import type { AccessTokenStore, AccessTokenSummary, UserStore, UserSummary } from '#login';
import type { OwnApiAnswer, OwnApiRequest } from '#pipeline';
import { expiresSoon, saveToken } from '../me/access-tokens.ts';
import type { OwnApiPorts } from './ports.ts';
import { readBody } from './read-body.ts';
import { selectByName } from './read-parameters.ts';
import { API_GROUP, API_VERSION } from './resource-names.ts';

export interface PeoplePorts {
  readonly users: UserStore;
  readonly accessTokens: AccessTokenStore;
  readonly maxTokenLifetimeSeconds: number;
  now(): number;
}

const apiVersion = `${API_GROUP}/${API_VERSION}`;
const json = (statusCode: number, value: unknown, annotations?: Record<string, string>): OwnApiAnswer => ({
  statusCode,
  contentType: 'application/json',
  body: JSON.stringify(value),
  ...(annotations ? { annotations } : {}),
});
const time = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();
const list = (kind: string, items: readonly object[]): OwnApiAnswer =>
  json(200, { kind: `${kind}List`, apiVersion, metadata: {}, items });
const done = (resource: string, name: string, annotations: Record<string, string>): OwnApiAnswer =>
  json(
    200,
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name, kind: resource } },
    annotations,
  );

/** `users`: who was seen, and `spec.disabled`, which ends everything that a person has open. Named by their row's id. */
export async function serveUsers(request: OwnApiRequest, ports: PeoplePorts & OwnApiPorts): Promise<OwnApiAnswer> {
  const { verb, name } = request.info;
  if (verb === 'list')
    return list('User', selectByName(request.info, await ports.users.listUsers(), ({ id }) => id).map(userObject));
  if (verb !== 'get' && verb !== 'update')
    throw new GatehouseError('badMethod', `users can be read and updated, not ${verb}`);
  const user = await ports.users.getUser(name);
  if (!user) throw new GatehouseError('notFound', `there is no User "${name}"`);
  if (verb === 'get') return json(200, userObject(user));
  const { spec } = parse(userChange, await readBody(request));
  if (spec.disabled && user.issuerUrl === request.identity.issuerUrl && user.subject === request.identity.subject)
    throw new GatehouseError('conflict', 'you would lock yourself out; let another admin do it');
  const disabled = spec.disabled ? { atMs: ports.now(), reason: spec.reason ?? '' } : undefined;
  const { issuerUrl, subject } = request.identity;
  await ports.users.setDisabled(name, disabled, { issuerUrl, subject });
  await ports.applied();
  const changed = (await ports.users.getUser(name)) ?? user;
  return json(200, userObject(changed), { act: spec.disabled ? 'disable' : 'enable', object: `User/${user.username}` });
}

const userChange = z.looseObject({
  spec: z.strictObject({ disabled: z.boolean().default(false), reason: z.string().max(500).optional() }),
});

function userObject(user: UserSummary): object {
  const { id, issuer, issuerUrl, subject, username, firstSeenAtMs, lastSeenAtMs, disabledAtMs, disabledReason } = user;
  return {
    kind: 'User',
    apiVersion,
    metadata: { name: id, creationTimestamp: time(firstSeenAtMs)?.replace(/\.\d+Z$/, 'Z') },
    spec: { disabled: disabledAtMs !== undefined, ...(disabledReason ? { reason: disabledReason } : {}) },
    status: { username, issuer, issuerUrl, subject, lastSeen: time(lastSeenAtMs), disabledAt: time(disabledAtMs) },
  };
}

/** `accesstokens`: everybody's, without the tokens; an admin may end one. */
export async function serveAccessTokens(
  request: OwnApiRequest,
  ports: PeoplePorts & OwnApiPorts,
): Promise<OwnApiAnswer> {
  const { verb, name } = request.info;
  const all = await ports.accessTokens.listAccessTokens({});
  if (verb === 'list')
    return list(
      'AccessToken',
      selectByName(request.info, all, ({ id }) => id).map((token) => tokenObject(token, ports.now())),
    );
  const found = all.find((token) => token.id === name);
  if (!found) throw new GatehouseError('notFound', `there is no AccessToken "${name}"`);
  if (verb === 'get') return json(200, tokenObject(found, ports.now()));
  if (verb !== 'delete') throw new GatehouseError('badMethod', `accesstokens can be read and deleted, not ${verb}`);
  await ports.accessTokens.deleteAccessToken(name);
  await ports.applied();
  return done('accesstokens', name, { act: 'delete', object: `AccessToken/${found.name}`, owner: found.username });
}

function tokenObject(token: AccessTokenSummary, nowMs: number): object {
  const { id, name, issuer, username, createdBy, origin, createdAtMs, expiresAtMs, lastUsedAtMs, narrowing } = token;
  return {
    kind: 'AccessToken',
    apiVersion,
    metadata: { name: id, creationTimestamp: time(createdAtMs)?.replace(/\.\d+Z$/, 'Z') },
    spec: { name, issuer, username, expiresAt: time(expiresAtMs), ...narrowing },
    status: { createdBy, origin, expiresSoon: expiresSoon(token, nowMs), lastUsed: time(lastUsedAtMs) },
  };
}

const serviceTokenRequest = (maxLifetimeSeconds: number) =>
  z.looseObject({
    spec: z.strictObject({
      name: z.string().min(1).max(100),
      expiresInSeconds: z.int().min(60).max(maxLifetimeSeconds),
      clusters: z.array(z.string().max(63)).min(1).optional(),
      namespaces: z.array(z.string().max(63)).min(1).optional(),
      verbs: z.array(z.string().max(40)).min(1).optional(),
      resources: z.array(z.string().max(200)).min(1).optional(),
    }),
  });

/** `serviceidentities/<name>/token` (create), like `serviceaccounts/token`: a token of a machine, shown once. */
export async function createServiceToken(
  request: OwnApiRequest,
  ports: PeoplePorts & OwnApiPorts,
): Promise<OwnApiAnswer> {
  const { verb, name } = request.info;
  if (verb !== 'create') throw new GatehouseError('badMethod', 'tokens of a service identity can only be created');
  if (request.identity.credential.kind === 'token')
    throw new GatehouseError('denied', 'an access token cannot make access tokens; log in, or use an ID token');
  const object = await ports.objects.get('ServiceIdentity', name);
  if (!object) throw new GatehouseError('notFound', `there is no ServiceIdentity "${name}"`);
  const { spec } = parse(serviceTokenRequest(ports.maxTokenLifetimeSeconds), await readBody(request));
  const { name: label, expiresInSeconds, ...narrowing } = spec;
  const nowMs = ports.now();
  const { token, summary } = await saveToken(ports.accessTokens, {
    name: label,
    issuer: SERVICE_ISSUER,
    issuerUrl: SERVICE_ISSUER,
    subject: object.metadata.uid ?? '',
    username: `${SERVICE_ISSUER}:${name}`,
    narrowing,
    createdBy: request.identity.username,
    origin: 'request',
    createdAtMs: nowMs,
    expiresAtMs: nowMs + expiresInSeconds * 1000,
  });
  const made = tokenObject(summary, nowMs) as { status: object };
  return json(
    201,
    { ...made, status: { ...made.status, token } },
    { act: 'create', object: `AccessToken/${summary.id}` },
  );
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  throw new GatehouseError(
    'invalid',
    read.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; '),
  );
}
