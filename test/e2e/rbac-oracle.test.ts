/**
 * The engine beside the API server's own RBAC, when the same roles are imported: never looser, and stricter only as
 * `rbac-oracle/stricter.txt` lists. Everything is real: roles in the cluster, `kubectl get -o yaml`, the built
 * `policy import-rbac`, SubjectAccessReview.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_CLUSTER_ROLES } from '#advice';
import type { Identity, RequestInfo } from '#model';
import { compilePolicy, decide, type AccessRuleInput, type CompiledPolicy } from '#policy';
import { parseManifests } from '#resources';
import { tryCli } from '../demo/run-cli.ts';
import { openOracle, type ApiServerOracle, type Person } from './rbac-oracle/ask-api-server.ts';
import { questions } from './rbac-oracle/questions.ts';
import { admin } from './cluster-admin.ts';
import { world } from './world.ts';

const FOLDER = join(import.meta.dirname, 'rbac-oracle');
const ROLES = readFileSync(join(FOLDER, 'roles.yaml'), 'utf8');
const RBAC = ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'];

const PEOPLE: readonly Person[] = [
  { user: 'oracle:nobody', groups: [] },
  { user: 'oracle:everything', groups: [] },
  { user: 'oracle:x', groups: ['oracle:team-b'] },
  { user: 'oracle:y', groups: ['oracle:readers'] },
  { user: 'oracle:subresources', groups: [] },
  { user: 'oracle:names', groups: [] },
  { user: 'oracle:named-everywhere', groups: [] },
  { user: 'oracle:z', groups: ['oracle:verbs, a name with a comma'] },
  { user: 'oracle:urls', groups: [] },
  { user: 'oracle:sum', groups: [] },
  { user: 'oracle:edit', groups: [] },
  { user: 'oracle:view', groups: ['oracle:team-b'] },
  { user: 'demo:bob', groups: ['demo:team-a-viewers'] },
  { user: 'demo:alice', groups: ['demo:team-a-admins'] },
];
const CONNECT = new Set(['exec', 'attach', 'portforward']);

let oracle: ApiServerOracle;
let rules: AccessRuleInput[] = [];
let warnings = '';

beforeAll(async () => {
  const { clusters, users } = parse(readFileSync(world().adminKubeconfig, 'utf8')) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  const pem = (fields: Record<string, string> | undefined, name: string): string =>
    fields?.[`${name}-data`]
      ? Buffer.from(fields[`${name}-data`]!, 'base64').toString()
      : readFileSync(fields![name]!, 'utf8');
  const user = users[0]?.user;
  oracle = openOracle(world().serverUrl, {
    ca: pem(clusters[0]?.cluster, 'certificate-authority'),
    cert: pem(user, 'client-certificate'),
    key: pem(user, 'client-key'),
  });
  await admin(['apply', '-f', '-'], ROLES);
  // The controller fills the aggregated role.
  await vi.waitFor(
    async () => expect((await admin(['get', 'clusterrole', 'oracle-sum', '-o', 'yaml'])).stdout).toContain('list'),
    {
      timeout: 20_000,
      interval: 200,
    },
  );
  const { stdout: dump } = await admin(['get', RBAC.join(','), '-A', '-o', 'yaml']);
  const imported = await tryCli(
    ['policy', 'import-rbac', '-f', '-', '--issuer', 'demo', '--cluster', 'demo'],
    {},
    dump,
  );
  expect(imported.code, imported.stderr).toBe(0);
  warnings = imported.stderr;
  const { manifests, problems } = parseManifests(imported.stdout, { source: 'import' });
  expect(problems).toEqual([]);
  rules = manifests.map(({ object }) => ({ ...(object.spec as AccessRuleInput), name: object.metadata.name }));
});

afterAll(async () => {
  oracle.close();
  await admin(['delete', '--ignore-not-found', '-f', '-'], ROLES);
});

const identityOf = ({ user, groups }: Person): Identity =>
  ({
    issuer: 'demo',
    issuerUrl: '',
    subject: user,
    username: user,
    groups,
    claims: {},
    credential: { kind: 'bearer', id: 'x' },
  }) as unknown as Identity;

interface Difference {
  readonly person: Person;
  readonly request: RequestInfo;
}

/** What the API server lets through: since 1.35 an exec by GET needs `create` as well. */
async function passesApiServer(person: Person, request: RequestInfo): Promise<boolean> {
  if (!(await oracle.allows(person, request))) return false;
  const runs = request.verb === 'get' && request.resource === 'pods' && CONNECT.has(request.subresource);
  return !runs || (await oracle.allows(person, request, 'create'));
}

const asked: { person: Person; request: RequestInfo; passes: boolean }[] = [];

function compare(policy: CompiledPolicy): { looser: Difference[]; stricter: Difference[]; allowed: number } {
  const looser: Difference[] = [];
  const stricter: Difference[] = [];
  let allowed = 0;
  for (const { person, request, passes } of asked) {
    const upgrade = request.method === 'GET' && CONNECT.has(request.subresource);
    const decision = decide(policy, identityOf(person), 'demo', request, { upgrade, sourceAddress: '', nowMs: 0 });
    if (decision.allowed) allowed++;
    if (decision.allowed && !passes) looser.push({ person, request });
    if (!decision.allowed && passes) stricter.push({ person, request });
  }
  return { looser, stricter, allowed };
}

const show = ({ person, request }: Difference): string => `${person.user} ${request.method} ${request.target}`;

/** `person | resource | verbs`: one line for all names and namespaces. */
function summarize(differences: readonly Difference[]): string[] {
  const verbs = new Map<string, Set<string>>();
  for (const { person, request } of differences) {
    const { group, resource, subresource, isResource, path } = request;
    const what = isResource ? `${resource}${subresource && `/${subresource}`}${group && `.${group}`}` : path;
    const key = `${person.user} | ${what}`;
    verbs.set(key, (verbs.get(key) ?? new Set()).add(request.verb));
  }
  return [...verbs].map(([key, set]) => `${key} | ${[...set].sort().join(' ')}`).sort();
}

describe('rules imported from RBAC', () => {
  it('never allow what the API server refuses, and refuse more only as the reviewed file lists', async () => {
    const all = PEOPLE.flatMap((person) => questions().map((request) => ({ person, request })));
    let next = 0;
    const work = async (): Promise<void> => {
      for (let at = next++; at < all.length; at = next++) {
        const { person, request } = all[at]!;
        asked.push({ person, request, passes: await passesApiServer(person, request) });
      }
    };
    await Promise.all(Array.from({ length: 24 }, work));
    const { looser, stricter, allowed } = compare(compilePolicy(rules));
    const passed = asked.filter(({ passes }) => passes).length;
    console.log(
      `rbac oracle: ${asked.length} combinations, API server allows ${passed}, engine ${allowed}, looser ${looser.length}, stricter ${stricter.length}`,
    );
    expect(asked.length).toBeGreaterThanOrEqual(2000);
    expect(passed).toBeGreaterThan(1000);
    expect(looser.map(show)).toEqual([]);
    const listed = readFileSync(join(FOLDER, 'stricter.txt'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(summarize(stricter)).toEqual(listed.toSorted());
  });

  it('show a planted violation: a rule that forgets its names, or gives one verb more, is found', () => {
    const spoil = (change: (rule: AccessRuleInput['rules'][number]) => object): AccessRuleInput[] =>
      rules.map((entry) => ({ ...entry, rules: entry.rules.map((rule) => ({ ...rule, ...change(rule) })) }));
    const nameless = compare(compilePolicy(spoil(() => ({ resourceNames: undefined }))));
    expect(nameless.looser.map(show)).toContain('oracle:names GET /api/v1/namespaces/team-a/pods/other');
    const more = compare(
      compilePolicy(spoil(({ verbs }) => (verbs?.includes('list') ? { verbs: [...verbs, 'create'] } : {}))),
    );
    expect(more.looser.map(show)).toContain('oracle:y POST /api/v1/namespaces/team-a/pods');
  });

  it('leave out, and say so, what no rule here can hold', () => {
    expect(warnings).toContain('service accounts are left out');
    expect(warnings).toContain('a wildcard of resources covers no proxy here');
    expect(warnings).toContain('resources "services/*" is left out (must name each subresource');
    expect(warnings).toContain('resourceNames "a*" is left out');
    expect(warnings).toContain('nonResourceURLs "/openapi/*/x" is left out');
    expect(warnings).toContain('verb "impersonate" is left out');
    expect(warnings).toContain('ClusterRole "oracle-no-such-role" is not in the input');
  });

  it('know the default roles as this API server has them', async () => {
    for (const [name, known] of DEFAULT_CLUSTER_ROLES) {
      const { rules: real } = JSON.parse(
        await oracle.read(`/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`),
      ) as { rules: RbacRule[] };
      expect([name, singleRights(known)]).toEqual([name, singleRights(real)]);
    }
  });
});

type RbacRule = Readonly<
  Partial<Record<'verbs' | 'apiGroups' | 'resources' | 'nonResourceURLs', readonly string[] | null>>
>;

function singleRights(list: readonly RbacRule[]): string[] {
  const rights = list.flatMap(({ verbs, apiGroups, resources, nonResourceURLs }) =>
    (verbs ?? []).flatMap((verb) => [
      ...(nonResourceURLs ?? []).map((url) => `${verb} ${url}`),
      ...(apiGroups ?? []).flatMap((group) => (resources ?? []).map((resource) => `${verb} ${resource}.${group}`)),
    ]),
  );
  return [...new Set(rights)].sort();
}
