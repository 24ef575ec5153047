/** Shared table: a `jwt[]` entry and claims, judged by Kubernetes' own authenticator and by ours. */
export interface IssuerCase {
  readonly name: string;
  /** What differs from `entry` below; null takes a key away. */
  readonly jwt?: object;
  readonly claims?: object;
}

export const CLAIMS = {
  iss: 'https://login.example',
  aud: 'gatehouse',
  sub: 'alice-1',
  exp: 32_503_680_000,
  iat: 1_700_000_000,
  preferred_username: 'alice',
  email: 'alice@example.com',
  groups: ['a', 'b'],
};

const ISSUER = { url: CLAIMS.iss, audiences: ['gatehouse'] };
const username = { claim: 'sub', prefix: 'x:' };
const by = (expression: string, more: object = {}) => ({ claimMappings: { username: { expression }, ...more } });
const groups = (mapping: object) => ({ claimMappings: { username, groups: mapping } });
const uid = (mapping: object) => ({ claimMappings: { username, uid: mapping } });
const extra = (key: string, valueExpression: string) => ({
  claimMappings: { username, extra: [{ key, valueExpression }] },
});
const rules = (...claimValidationRules: object[]) => ({ claimValidationRules });
const users = (...expressions: string[]) => ({
  userValidationRules: expressions.map((expression) => ({ expression })),
});
const issuer = (more: object) => ({ issuer: { ...ISSUER, ...more } });

export const entryOf = ({ jwt = {} }: IssuerCase): Record<string, unknown> => {
  const merged: Record<string, unknown> = { issuer: ISSUER, claimMappings: { username }, ...jwt };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
};

const KEYCLOAK = {
  realm_access: { roles: ['k8s-dev', 'offline_access'] },
  aud: ['account', 'gatehouse'],
  azp: 'other',
};

export const CASES: readonly IssuerCase[] = [
  // The issuer
  { name: 'plain' },
  { name: 'http issuer', jwt: issuer({ url: 'http://login.example' }) },
  { name: 'issuer with a query', jwt: issuer({ url: 'https://login.example?x=1' }) },
  { name: 'issuer with a fragment', jwt: issuer({ url: 'https://login.example#x' }) },
  { name: 'issuer with a password', jwt: issuer({ url: 'https://u:p@login.example' }) },
  { name: 'no issuer url', jwt: issuer({ url: '' }) },
  { name: 'no audience', jwt: issuer({ audiences: [] }) },
  { name: 'an empty audience', jwt: issuer({ audiences: [''] }) },
  { name: 'an audience twice', jwt: issuer({ audiences: ['a', 'a'], audienceMatchPolicy: 'MatchAny' }) },
  { name: 'two audiences', jwt: issuer({ audiences: ['other', 'gatehouse'], audienceMatchPolicy: 'MatchAny' }) },
  { name: 'two audiences without a policy', jwt: issuer({ audiences: ['other', 'gatehouse'] }) },
  { name: 'another policy', jwt: issuer({ audienceMatchPolicy: 'MatchAll' }) },
  { name: 'a discovery url', jwt: issuer({ discoveryURL: 'https://inside.example/.well-known/openid-configuration' }) },
  { name: 'a discovery url by http', jwt: issuer({ discoveryURL: 'http://inside.example/d' }) },
  { name: 'a discovery url that is the url', jwt: issuer({ discoveryURL: 'https://login.example' }) },
  { name: 'a CA that is none', jwt: issuer({ certificateAuthority: 'nonsense' }) },
  { name: 'an unknown key', jwt: { claimMapping: {} } },
  // User names
  { name: 'no user name mapping', jwt: { claimMappings: {} } },
  { name: 'claim without prefix', jwt: { claimMappings: { username: { claim: 'sub' } } } },
  { name: 'claim with an empty prefix', jwt: { claimMappings: { username: { claim: 'sub', prefix: '' } } } },
  {
    name: 'claim and expression',
    jwt: { claimMappings: { username: { claim: 'sub', prefix: '', expression: 'claims.sub' } } },
  },
  { name: 'prefix and expression', jwt: { claimMappings: { username: { prefix: 'x:', expression: 'claims.sub' } } } },
  { name: 'absent user claim', jwt: { claimMappings: { username: { claim: 'nothing', prefix: 'x:' } } } },
  { name: 'number as user claim', claims: { sub: 7 } },
  { name: 'list as user claim', jwt: { claimMappings: { username: { claim: 'groups', prefix: 'x:' } } } },
  {
    name: 'empty user claim',
    claims: { preferred_username: '' },
    jwt: { claimMappings: { username: { claim: 'preferred_username', prefix: 'x:' } } },
  },
  { name: 'e-mail without email_verified', jwt: { claimMappings: { username: { claim: 'email', prefix: 'x:' } } } },
  {
    name: 'e-mail verified',
    claims: { email_verified: true },
    jwt: { claimMappings: { username: { claim: 'email', prefix: 'x:' } } },
  },
  {
    name: 'e-mail not verified',
    claims: { email_verified: false },
    jwt: { claimMappings: { username: { claim: 'email', prefix: 'x:' } } },
  },
  {
    name: 'email_verified as text',
    claims: { email_verified: 'true' },
    jwt: { claimMappings: { username: { claim: 'email', prefix: 'x:' } } },
  },
  { name: 'expression', jwt: by("'x:' + claims.sub") },
  { name: 'expression of an absent claim', jwt: by("'x:' + claims.nothing") },
  { name: 'expression of a number', claims: { sub: 'a', n: 3 }, jwt: by("'x:' + claims.n") },
  { name: 'expression that gives an empty name', claims: { e: '' }, jwt: by('claims.e') },
  { name: 'expression that gives a list', jwt: by('claims.groups') },
  { name: 'expression of a literal list', jwt: by("['a']") },
  { name: 'expression of a literal number', jwt: by('1 + 1') },
  { name: 'expression that does not parse', jwt: by('claims.') },
  { name: 'expression over user', jwt: by('user.username') },
  { name: 'empty expression', jwt: by('') },
  { name: 'expression by e-mail, unverified', jwt: by("'x:' + claims.email") },
  {
    name: 'expression by e-mail, verified within',
    claims: { email_verified: true },
    jwt: by("claims.?email_verified.orValue(true) == true ? 'x:' + claims.email : claims.sub"),
  },
  {
    name: 'expression by e-mail, verified by a rule',
    claims: { email_verified: true },
    jwt: { ...by("'x:' + claims.email"), ...rules({ expression: 'claims.?email_verified.orValue(false) == true' }) },
  },
  {
    name: 'expression by e-mail, refused by a rule',
    claims: { email_verified: false },
    jwt: { ...by("'x:' + claims.email"), ...rules({ expression: 'claims.?email_verified.orValue(false) == true' }) },
  },
  { name: 'expression with a choice', jwt: by("has(claims.upn) ? 'x:' + claims.upn : 'x:' + claims.sub") },
  { name: 'expression with has of an absent claim', jwt: by("has(claims.nothing) ? 'x:' + claims.nothing : 'x:none'") },
  {
    name: 'expression by index',
    claims: { 'https://example.com/user': 'u' },
    jwt: by("'x:' + claims['https://example.com/user']"),
  },
  { name: 'lower case', claims: { sub: 'ALICE' }, jwt: by("'x:' + claims.sub.lowerAscii()") },
  { name: 'split', jwt: by("'x:' + claims.email.split('@')[0] + string(claims.?email_verified.orValue(false))") },
  { name: 'split beyond the end', jwt: by("'x:' + claims.sub.split('@')[1]") },
  { name: 'substring', jwt: by("'x:' + claims.sub.substring(0, 5)") },
  { name: 'substring beyond the end', jwt: by("'x:' + claims.sub.substring(0, 50)") },
  { name: 'index of', jwt: by("claims.sub.indexOf('-') > 0 ? 'x:dash' : 'x:none'") },
  { name: 'matches', jwt: by("claims.sub.matches('^alice-[0-9]+$') ? 'x:' + claims.sub : 'x:other'") },
  { name: 'matches somewhere', jwt: by("claims.sub.matches('ice') ? 'x:found' : 'x:other'") },
  { name: 'matches nothing of RE2', jwt: by("claims.sub.matches('(a)\\\\1') ? 'x:' : 'y:'") },
  { name: 'a conversion', claims: { n: 3 }, jwt: by("'x:' + string(claims.n)") },
  { name: 'an unknown function', jwt: by("'x:' + nothing(claims.sub)") },
  { name: 'a reserved name', claims: { sub: 'system:admin' }, jwt: by('claims.sub') },
  {
    name: 'a reserved name by claim',
    claims: { sub: 'system:admin' },
    jwt: { claimMappings: { username: { claim: 'sub', prefix: '' } } },
  },
  { name: 'a name with a line feed', claims: { sub: 'a\nb' } },
  { name: 'a blank name', claims: { sub: ' ' } },
  { name: 'a name of another script', claims: { sub: 'аліса' } },
  // Groups
  { name: 'groups by claim', jwt: groups({ claim: 'groups', prefix: 'g:' }) },
  { name: 'groups without prefix', jwt: groups({ claim: 'groups' }) },
  { name: 'one group as text', claims: { groups: 'a' }, jwt: groups({ claim: 'groups', prefix: 'g:' }) },
  { name: 'absent groups', claims: { groups: undefined }, jwt: groups({ claim: 'groups', prefix: 'g:' }) },
  { name: 'empty groups', claims: { groups: [] }, jwt: groups({ claim: 'groups', prefix: 'g:' }) },
  { name: 'groups of numbers', claims: { groups: [1] }, jwt: groups({ claim: 'groups', prefix: 'g:' }) },
  { name: 'groups as a map', claims: { groups: { a: 1 } }, jwt: groups({ claim: 'groups', prefix: 'g:' }) },
  { name: 'groups that are null', claims: { groups: null }, jwt: groups({ claim: 'groups', prefix: 'g:' }) },
  { name: 'a group with a comma', claims: { groups: ['cn=a,ou=b'] }, jwt: groups({ claim: 'groups', prefix: 'g:' }) },
  { name: 'an empty group', claims: { groups: [''] }, jwt: groups({ claim: 'groups', prefix: 'g:' }) },
  {
    name: 'groups left out for another place',
    claims: {
      groups: undefined,
      _claim_names: { groups: 's' },
      _claim_sources: { s: { endpoint: 'https://elsewhere.example' } },
    },
    jwt: groups({ claim: 'groups', prefix: 'g:' }),
  },
  { name: 'groups by expression', jwt: groups({ expression: "claims.groups.map(g, 'g:' + g)" }) },
  {
    name: 'nested roles',
    claims: KEYCLOAK,
    jwt: groups({ expression: "claims.realm_access.roles.filter(r, r.startsWith('k8s-')).map(r, 'g:' + r)" }),
  },
  { name: 'absent nested roles', jwt: groups({ expression: 'claims.realm_access.roles' }) },
  { name: 'optional groups that are absent', jwt: groups({ expression: 'claims.?roles.orValue([])' }) },
  { name: 'groups of an empty text', claims: { g: '' }, jwt: groups({ expression: 'claims.g' }) },
  { name: 'groups of a text', claims: { g: 'one' }, jwt: groups({ expression: 'claims.g' }) },
  { name: 'groups split', claims: { g: 'one,two' }, jwt: groups({ expression: "claims.g.split(',')" }) },
  { name: 'groups of null by expression', claims: { g: null }, jwt: groups({ expression: 'claims.g' }) },
  { name: 'groups with numbers by expression', claims: { g: ['a', 1] }, jwt: groups({ expression: 'claims.g' }) },
  { name: 'groups of a map by expression', claims: { g: { a: 'b' } }, jwt: groups({ expression: 'claims.g' }) },
  { name: 'groups of a literal truth', jwt: groups({ expression: 'true' }) },
  {
    name: 'groups joined from two lists',
    claims: { r: ['c'] },
    jwt: groups({ expression: 'claims.groups + claims.r' }),
  },
  { name: 'membership', jwt: groups({ expression: "'a' in claims.groups ? ['g:a'] : []" }) },
  // uid and extra
  { name: 'uid by claim', jwt: uid({ claim: 'sub' }) },
  { name: 'uid of a number', claims: { n: 1 }, jwt: uid({ claim: 'n' }) },
  { name: 'absent uid', jwt: uid({ claim: 'nothing' }) },
  { name: 'uid by expression', jwt: uid({ expression: "'u-' + claims.sub" }) },
  { name: 'uid by claim and expression', jwt: uid({ claim: 'sub', expression: 'claims.sub' }) },
  { name: 'uid of a list', jwt: uid({ expression: 'claims.groups' }) },
  { name: 'extra', jwt: extra('example.com/mail', 'claims.email') },
  { name: 'extra of a list', jwt: extra('example.com/groups', 'claims.groups') },
  { name: 'extra of an empty text', claims: { e: '' }, jwt: extra('example.com/none', 'claims.e') },
  { name: 'extra of an absent claim', jwt: extra('example.com/none', 'claims.nothing') },
  { name: 'extra with a key without domain', jwt: extra('team', 'claims.email') },
  { name: 'extra with a key in capitals', jwt: extra('Example.com/team', 'claims.email') },
  { name: 'extra of Kubernetes', jwt: extra('foo.kubernetes.io/team', 'claims.email') },
  { name: 'extra of k8s.io', jwt: extra('k8s.io/team', 'claims.email') },
  // Rules over claims
  { name: 'required value', jwt: rules({ claim: 'preferred_username', requiredValue: 'alice' }) },
  { name: 'required value missed', jwt: rules({ claim: 'preferred_username', requiredValue: 'bob' }) },
  { name: 'required value of an absent claim', jwt: rules({ claim: 'hd', requiredValue: 'x' }) },
  { name: 'required value of a list', jwt: rules({ claim: 'groups', requiredValue: 'a' }) },
  {
    name: 'rule by expression',
    jwt: rules({ expression: "claims.email.endsWith('@example.com')", message: 'only example.com' }),
  },
  { name: 'rule by expression missed', jwt: rules({ expression: "claims.email.endsWith('@other.example')" }) },
  { name: 'rule with an error', jwt: rules({ expression: 'claims.nothing == 1' }) },
  { name: 'rule over numbers', jwt: rules({ expression: 'claims.exp - claims.iat > 1' }) },
  { name: 'rule that gives a text', jwt: rules({ expression: "'true'" }) },
  { name: 'rule with both', jwt: rules({ claim: 'a', requiredValue: 'b', expression: 'true' }) },
  { name: 'rule with neither', jwt: rules({}) },
  { name: 'rule with a value and an expression', jwt: rules({ requiredValue: 'b', expression: 'true' }) },
  {
    name: 'rule with a claim and a message',
    jwt: rules({ claim: 'preferred_username', requiredValue: 'alice', message: 'm' }),
  },
  { name: 'rule over several audiences', claims: KEYCLOAK, jwt: rules({ expression: "claims.azp == 'gatehouse'" }) },
  { name: 'rule with all', jwt: rules({ expression: "claims.groups.all(g, g != 'c')" }) },
  { name: 'rule with exists_one', jwt: rules({ expression: "claims.groups.exists_one(g, g == 'a')" }) },
  { name: 'rule with size', jwt: rules({ expression: 'size(claims.groups) == 2 && claims.groups.size() < 3' }) },
  {
    name: 'rule with a timestamp',
    jwt: rules({ expression: "timestamp('2026-01-01T00:00:00Z') < timestamp('2027-01-01T00:00:00Z')" }),
  },
  // Rules over the user
  { name: 'user rule', jwt: users("!user.username.startsWith('system:')") },
  { name: 'user rule missed', jwt: users("user.username == 'y:'") },
  {
    name: 'user rule over groups',
    jwt: { ...groups({ claim: 'groups', prefix: 'g:' }), ...users("user.groups.all(g, g.startsWith('g:'))") },
  },
  {
    name: 'user rule over groups missed',
    jwt: { ...groups({ claim: 'groups', prefix: 'g:' }), ...users("'g:z' in user.groups") },
  },
  { name: 'user rule over uid', jwt: { ...uid({ claim: 'sub' }), ...users("user.uid != ''") } },
  {
    name: 'user rule over extra',
    jwt: {
      ...extra('example.com/mail', 'claims.email'),
      ...users("user.extra['example.com/mail'][0].endsWith('.com')"),
    },
  },
  { name: 'user rule over claims', jwt: users("claims.sub == 'a'") },
  { name: 'user rule over a field that is not there', jwt: users("user.name == 'a'") },
  { name: 'user rule that gives a text', jwt: users('user.username') },
];
