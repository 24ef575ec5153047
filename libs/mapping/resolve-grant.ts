import { GatehouseError } from '#errors';
import type { Grant, Identity, ImpersonateGrant, ServiceAccountGrant, StoredTokenGrant } from '#model';
import type { CompiledMappings } from './compile-mappings.ts';
import type { Found } from './found.ts';
import type { MappingInput, ServiceAccountSource } from './mapping-input.ts';
import { groupFilter } from './group-filter.ts';
import { checkName, readValues } from './read-values.ts';
import type { MappingPorts } from './ports.ts';

export type GrantResult =
  | { readonly ok: true; readonly grant: Grant }
  | {
      readonly ok: false;
      readonly code: 'noMapping' | 'badMappedIdentity' | 'noStoredToken' | 'storeUnavailable';
      readonly message: string;
    };

const DEFAULT_MAX_GROUPS = 500;
/** The least that Kubernetes gives. */
const DEFAULT_TOKEN_SECONDS = 600;

interface Resolved {
  readonly by: CompiledMappings;
  readonly cluster: string;
  readonly result: GrantResult;
}

/**
 * What these very mappings made of this very Identity last, both of which never change: the same person's next request
 * gets the same Grant (and what `#forward` has made of it) for one look-up. Changed mappings are other ones.
 */
const resolvedLast = new WeakMap<Identity, Resolved>();

/**
 * As whom the cluster sees this person. Only a stored token needs a look-up.
 * Refusals: `noMapping`, `badMappedIdentity` (a name that may not go upstream), `noStoredToken`, `storeUnavailable`.
 */
export function resolveGrant(
  compiled: CompiledMappings,
  identity: Identity,
  cluster: string,
  ports: MappingPorts,
): GrantResult | Promise<GrantResult> {
  const last = resolvedLast.get(identity);
  if (last?.by === compiled && last.cluster === cluster) return last.result;
  const result = resolveAnew(compiled, identity, cluster, ports);
  if (!(result instanceof Promise) && result.ok) resolvedLast.set(identity, { by: compiled, cluster, result });
  return result;
}

function resolveAnew(
  compiled: CompiledMappings,
  identity: Identity,
  cluster: string,
  ports: MappingPorts,
): GrantResult | Promise<GrantResult> {
  const found = compiled.find(identity, cluster);
  return found instanceof Promise
    ? found.then((settled) => speakBy(settled, identity, cluster, ports))
    : speakBy(found, identity, cluster, ports);
}

function speakBy(
  { mapping, failed, failures }: Found,
  identity: Identity,
  cluster: string,
  ports: MappingPorts,
): GrantResult | Promise<GrantResult> {
  if (!mapping) {
    const [first] = failed;
    const more = failures > 1 ? ` (and ${failures - 1} more)` : '';
    const why = first ? `; the expression of mapping "${first.mapping}"${more} cannot be judged: ${first.problem}` : '';
    return refuse(
      'noMapping',
      `no mapping gives ${shown(identity)} an identity on cluster "${cluster}"${why}; ask an admin of this gateway for a Mapping`,
    );
  }
  if (mapping.impersonate) return impersonate(mapping, identity, cluster);
  if (mapping.serviceAccount) return useServiceAccount(mapping.name, mapping.serviceAccount, cluster);
  return useStoredToken(mapping, identity, cluster, ports);
}

/** Only says which account; its token is asked for when the request is allowed, so that a refused one asks for none. */
function useServiceAccount(mapping: string, source: ServiceAccountSource, cluster: string): GrantResult {
  const { namespace, name, audiences = [], expirationSeconds = DEFAULT_TOKEN_SECONDS } = source;
  const grant = {
    mode: 'serviceAccount',
    mapping,
    cluster,
    namespace,
    name,
    audiences,
    expirationSeconds,
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
  };
  return { ok: true, grant: grant as unknown as ServiceAccountGrant };
}

function impersonate(mapping: MappingInput, identity: Identity, cluster: string): GrantResult {
  const sources = mapping.impersonate as NonNullable<MappingInput['impersonate']>;
  const bad = (problem: string): GrantResult =>
    refuse(
      'badMappedIdentity',
      `mapping "${mapping.name}" gives ${shown(identity)} ${problem} on cluster "${cluster}"`,
    );

  const users = readValues(sources.user, identity);
  if (!users.ok) return bad(users.problem);
  const [user] = users.values;
  if (user === undefined || users.values.length !== 1) return bad('not exactly one user name');
  const userProblem = checkName(user, sources.user);
  if (userProblem) return bad(`a user name that ${userProblem}`);

  const groups = new Set<string>();
  for (const source of sources.groups ?? []) {
    const read = readValues(source, identity);
    if (!read.ok) return bad(read.problem);
    const passes = source.only && groupFilter(source.only);
    for (const group of read.values) {
      if (passes && !passes(group)) continue;
      const problem = checkName(group, source);
      if (problem) return bad(`a group name that ${problem}`);
      groups.add(group);
    }
  }
  const maxGroups = mapping.maxGroups ?? DEFAULT_MAX_GROUPS;
  if (groups.size > maxGroups) return bad(`${groups.size} groups, more than the ${maxGroups} it may`);
  // The API server adds the groups of a service account itself, and would refuse others.
  const isServiceAccount = user.startsWith('system:serviceaccount:');

  let uid: string | undefined;
  if (sources.uid) {
    const read = readValues(sources.uid, identity);
    if (!read.ok) return bad(read.problem);
    uid = read.values[0];
    if (uid === undefined || read.values.length !== 1) return bad('not exactly one uid');
    const problem = checkName(uid, sources.uid);
    if (problem) return bad(`a uid that ${problem}`);
  }
  const extra = Object.create(null) as Record<string, string[]>;
  for (const { key, value } of sources.extra ?? []) {
    const read = readValues(value, identity);
    if (!read.ok) return bad(read.problem);
    for (const entry of read.values) {
      const problem = checkName(entry, { value: '' });
      if (problem) return bad(`an extra "${key}" that ${problem}`);
    }
    if (read.values.length > 0) (extra[key.toLowerCase()] ??= []).push(...read.values);
  }
  // Frozen, since it is handed out again.
  const grant = Object.freeze({
    mode: 'impersonate',
    mapping: mapping.name,
    cluster,
    user,
    groups: Object.freeze(isServiceAccount ? [] : [...groups]),
    uid,
    extra: Object.freeze(extra),
  });
  return { ok: true, grant: grant as unknown as ImpersonateGrant };
}

async function useStoredToken(
  mapping: MappingInput,
  identity: Identity,
  cluster: string,
  ports: MappingPorts,
): Promise<GrantResult> {
  try {
    const stored = await ports.findStoredToken(identity.issuerUrl, identity.subject, cluster);
    if (!stored) {
      return refuse(
        'noStoredToken',
        `mapping "${mapping.name}" uses a stored token on cluster "${cluster}" and none is stored for ${shown(identity)}; enter one at /-/ or ask an admin`,
      );
    }
    // Whatever the database says now, an unnamed or all-powerful identity is never used.
    if (stored.user === '' || stored.token === '' || stored.groups.includes('system:masters')) {
      return refuse(
        'badMappedIdentity',
        `the token stored for ${shown(identity)} on cluster "${cluster}" may not be used`,
      );
    }
    const grant = {
      mode: 'storedToken',
      mapping: mapping.name,
      cluster,
      tokenId: stored.id,
      token: stored.token,
      user: stored.user,
      groups: stored.groups,
      savedAtMs: stored.savedAtMs,
      expiresAtMs: stored.expiresAtMs,
    };
    return { ok: true, grant: grant as unknown as StoredTokenGrant };
  } catch (error) {
    if (error instanceof GatehouseError && error.code === 'storeUnavailable')
      return refuse('storeUnavailable', error.message);
    throw error;
  }
}

const shown = (identity: Identity): string => `User ${JSON.stringify(identity.username)} (issuer ${identity.issuer})`;

const refuse = (
  code: 'noMapping' | 'badMappedIdentity' | 'noStoredToken' | 'storeUnavailable',
  message: string,
): GrantResult => ({ ok: false, code, message });
