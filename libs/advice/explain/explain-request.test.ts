import { describe, expect, test } from 'vitest';
import { compileIssuers, type IssuerInput } from '#identity';
import { compileMappings, type MappingInput } from '#mapping';
import { compilePolicy, type AccessRuleInput } from '#policy';
import { supposeIdentity } from '../suppose-identity.ts';
import { claimsFromNames } from './claims-from-names.ts';
import { describeNaming } from './describe-naming.ts';
import { explainRequest, type Asked, type ExplainPorts } from './explain-request.ts';
import { personFromToken } from './person-from-token.ts';
import { showExplanation } from './show-explanation.ts';

const SECRET = 'stored-token-that-nobody-may-see';
const issuer: IssuerInput = {
  name: 'demo',
  issuer: { url: 'https://id.example.com', audiences: ['gatehouse'] },
  claimMappings: {
    username: { claim: 'preferred_username', prefix: 'demo:' },
    groups: { claim: 'groups', prefix: 'demo:' },
    uid: { claim: 'sub' },
  },
};
const names = {
  issuer: 'demo',
  username: 'demo:bob',
  groups: ['demo:dev'],
  subject: 'b-1',
  issuerUrl: issuer.issuer.url,
};
const bob = supposeIdentity({ ...names, claims: claimsFromNames(names, issuer) });
const rule = (name: string, more: Partial<AccessRuleInput> = {}): AccessRuleInput => ({
  name,
  subjects: [{ issuer: 'demo', group: 'demo:dev' }],
  clusters: ['prod'],
  rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'], namespaces: ['team-a'] }],
  ...more,
});
const mapping = (more: Partial<MappingInput> = {}): MappingInput => ({
  name: 'people',
  subjects: [{ issuer: 'demo' }],
  clusters: ['prod'],
  impersonate: { user: { claim: 'preferred_username', prefix: 'x:' }, groups: [{ from: 'groups' }] },
  ...more,
});

const PORTS: ExplainPorts = {
  mapping: {
    findStoredToken: async () => ({
      id: '1',
      token: SECRET,
      user: 'bob-upstream',
      groups: ['g'],
      savedAtMs: 1,
      expiresAtMs: undefined,
    }),
  },
  upstream: () => ({ name: 'prod', hostHeader: 'k8s:6443', gatewayAuthorization: () => `Bearer ${SECRET}` }),
};

async function explain(
  line: string,
  {
    mappings = [mapping()],
    rules = [rule('readers')],
    ports = {},
    ...asked
  }: Partial<Asked> & {
    mappings?: MappingInput[];
    rules?: AccessRuleInput[];
    ports?: Partial<ExplainPorts>;
  } = {},
) {
  const [method = '', target = ''] = line.split(' ');
  const shown = showExplanation(
    await explainRequest(
      { identity: bob, cluster: 'prod', method, target, upgrade: false, sourceAddress: '', nowMs: 0, ...asked },
      { mappings: compileMappings(mappings), policy: compilePolicy(rules) },
      { ...PORTS, ...ports },
    ),
  );
  expect(JSON.stringify(shown)).not.toContain(SECRET);
  return shown;
}

const PODS = 'GET /api/v1/namespaces/team-a/pods';

describe('an explanation of a refusal', () => {
  test('says why the target is not accepted, and asks nothing further', async () => {
    expect(await explain('GET /api/../x')).toMatchObject({
      allowed: false,
      refusedBy: 'bytes',
      refusal: expect.stringContaining('dot segment'),
      rules: [],
    });
  });
  test('says that there is no such cluster', async () => {
    expect(await explain(PODS, { ports: { upstream: () => undefined } })).toMatchObject({
      allowed: false,
      refusedBy: 'cluster',
    });
  });
  test('for want of a mapping also shows what the rules say, and sends nothing', async () => {
    const shown = await explain(PODS, { mappings: [] });
    expect(shown).toMatchObject({
      allowed: false,
      refusedBy: 'mapping',
      mapping: { refused: expect.stringContaining('no mapping') },
      decision: { allowed: true },
    });
    expect(shown).not.toHaveProperty('headers');
  });
  test('shows every mapping that fits in the order in which one is used', async () => {
    const of = (name: string, subject: object): MappingInput => ({ ...mapping(), name, subjects: [subject as never] });
    const mappings = [
      of('a-everybody', { issuer: 'demo' }),
      of('b-group', { issuer: 'demo', group: bob.groups[0] }),
      of('c-user', { issuer: 'demo', user: bob.username }),
      of('d-user', { issuer: 'demo', user: bob.username, group: bob.groups[0] }),
      of('e-other', { issuer: 'demo', user: 'demo:somebody' }),
      of('f-expression', { issuer: 'demo', expression: "claims.preferred_username == 'bob'" }),
      of('g-false', { issuer: 'demo', expression: "claims.preferred_username == 'eve'" }),
      of('h-unknown', { issuer: 'demo', expression: "claims.department == 'ops'" }),
    ];
    expect(await explain(PODS, { mappings })).toMatchObject({
      mapping: { name: 'c-user' },
      otherMappings: [
        { name: 'd-user', by: 'user' },
        { name: 'b-group', by: 'group' },
        { name: 'f-expression', by: 'expression' },
        { name: 'a-everybody', by: 'issuer' },
      ],
      unjudgedMappings: [{ mapping: 'h-unknown', problem: 'No such key: department' }],
    });
  });
  test('names of each rule for this person the first part that does not fit, and counts the others', async () => {
    const others = [
      rule('others', { subjects: [{ issuer: 'demo', group: 'demo:ops' }] }),
      rule('elsewhere', { clusters: ['test'] }),
    ];
    const shown = await explain('DELETE /api/v1/namespaces/team-a/pods/x', { rules: [rule('readers'), ...others] });
    expect(shown).toMatchObject({
      reads: 'delete team-a/pods/x',
      refusedBy: 'rules',
      rules: [{ rule: 'readers', matched: false, decides: false, why: 'verb delete is not what it has: get, list' }],
      rulesForOthers: 2,
      rbac: [],
    });
  });
  test('by the cluster’s own RBAC is one, though the rules allow it', async () => {
    const reviewAccess = async (_grant: unknown, _request: unknown, verb: string) => ({
      asked: true as const,
      verb,
      allowed: false,
      reason: '',
    });
    expect(await explain(PODS, { ports: { reviewAccess } })).toMatchObject({
      allowed: false,
      refusedBy: 'rbac',
      decision: { allowed: true },
      rbac: [{ verb: 'list', allowed: false }],
    });
  });
});

describe('an explanation', () => {
  test('shows the very headers that would go upstream, and no credential', async () => {
    expect((await explain(PODS)).headers).toEqual([
      ['Host', 'k8s:6443'],
      ['X-Forwarded-For', '(of the client)'],
      ['Audit-ID', '(of the request)'],
      ['Authorization', 'Bearer [redacted]'],
      ['Impersonate-User', 'x:bob'],
      ['Impersonate-Group', 'demo:dev'],
    ]);
    const stored = mapping({ impersonate: undefined, storedToken: {} });
    const shown = await explain(PODS, { mappings: [stored] });
    expect(shown.mapping).toMatchObject({ mode: 'storedToken', user: 'bob-upstream' });
    expect(shown.headers).toContainEqual(['Authorization', 'Bearer [redacted]']);
    const account = mapping({ impersonate: undefined, serviceAccount: { namespace: 'a', name: 'b' } });
    expect((await explain(PODS, { mappings: [account] })).headers).toContainEqual([
      'Authorization',
      'Bearer [redacted]',
    ]);
  });
  test('asks the cluster for every verb that the request amounts to', async () => {
    const verbs: string[] = [];
    const reviewAccess = async (_grant: unknown, _request: unknown, verb: string) => {
      verbs.push(verb);
      return { asked: false as const, verb, why: 'not reached' };
    };
    const rules = [rule('all', { rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] })];
    const shown = await explain('GET /api/v1/namespaces/team-a/pods/x/exec', {
      rules,
      upgrade: true,
      ports: { reviewAccess },
    });
    expect(verbs).toEqual(['get', 'create']);
    expect(shown).toMatchObject({
      allowed: true,
      rbac: [{ says: 'not asked: not reached' }, { says: 'not asked: not reached' }],
    });
  });
  test('on the gateway’s own cluster needs no mapping and sends nothing', async () => {
    const rules = [
      rule('auditors', {
        clusters: ['gatehouse'],
        rules: [{ verbs: ['list'], apiGroups: ['gatehouse.dev'], resources: ['auditevents'] }],
      }),
    ];
    const shown = await explain('GET /apis/gatehouse.dev/v1alpha1/auditevents', {
      cluster: 'gatehouse',
      mappings: [],
      rules,
    });
    expect(shown).toMatchObject({ allowed: true });
    expect([shown.mapping, shown.headers]).toEqual([undefined, undefined]);
  });
});

describe('a person of a token', () => {
  const issuers = compileIssuers([issuer]);
  const token = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
  test.each([
    ['no JWT', 'abc'],
    ['a payload that is no object', token([])],
    ['an unknown issuer', token({ iss: 'https://other' })],
    ['no user name', token({ iss: 'https://id.example.com', sub: 'x' })],
  ])('is nobody by %s', (_what, text) => {
    expect(personFromToken(text, issuers)).toMatchObject({ ok: false });
  });
  test('is named by the issuer’s own claim mappings', () => {
    const read = personFromToken(
      token({ iss: 'https://id.example.com', sub: 'b-1', preferred_username: 'bob', groups: ['dev'], exp: 5 }),
      issuers,
    );
    expect(read).toMatchObject({
      ok: true,
      expiresAtMs: 5000,
      identity: { username: 'demo:bob', groups: ['demo:dev'], uid: 'b-1' },
    });
    expect(read.ok && describeNaming(read.identity, issuer)).toEqual([
      'preferred_username "bob" → user demo:bob',
      'groups ["dev"] → group demo:dev',
      'sub "b-1" → uid b-1',
    ]);
  });
});

test('names give back the claims that they are made of, but for what an expression made', () => {
  expect(claimsFromNames(names, issuer)).toEqual({ preferred_username: 'bob', groups: ['dev'], sub: 'b-1' });
  const byExpression = { ...issuer, claimMappings: { username: { expression: '"demo:" + claims.sub' } } };
  expect(claimsFromNames({ ...names, groups: [] }, byExpression)).toEqual({ sub: 'b-1' });
});
