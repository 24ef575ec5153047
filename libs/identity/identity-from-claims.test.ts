import { describe, expect, test } from 'vitest';
import { compileIssuers, type CompiledIssuer } from './compile-issuers.ts';
import type { IssuerInput } from './issuer-input.ts';
import { identityFromClaims, type IdentityResult } from './identity-from-claims.ts';
import { issuerInput } from './testdata/issuer.ts';

const issuerWith = (changes: Partial<IssuerInput> = {}): CompiledIssuer =>
  compileIssuers([issuerInput(changes)]).byName('demo') as CompiledIssuer;
const alice = { sub: 'alice', preferred_username: 'alice', groups: ['team-a-admins'] };
const read = (claims: object, changes: Partial<IssuerInput> = {}): IdentityResult =>
  identityFromClaims(issuerWith(changes), { ...alice, ...claims }, { kind: 'bearer', id: 'x' }, 1);
const named = (claim: string, prefix = ''): Partial<IssuerInput> => ({
  claimMappings: { username: { claim, prefix }, groups: { claim: 'groups', prefix } },
});

/** Values that no name of a user, group or subject may have. */
const HOSTILE_NAMES: readonly (readonly [string, unknown])[] = [
  ['a carriage return and a line feed', 'alice\r\nImpersonate-Group: system:masters'],
  ['a line feed', 'alice\nroot'],
  ['NUL', 'alice\u0000'],
  ['DEL', 'ali\u007fce'],
  ['a C1 control (next line)', 'alice\u0085root'],
  ['a line separator', 'alice\u2028root'],
  ['a paragraph separator', 'alice\u2029root'],
  ['an escape sequence', '\u001b[31malice'],
  ['a lone surrogate', 'alice\ud800'],
  ['nothing', ''],
  ['a blank', ' '],
  ['blanks of another kind', '\u00a0\u3000\ufeff'],
  ['a leading blank', ' alice'],
  ['a trailing blank', 'alice '],
  ['a trailing no-break space', 'alice\u00a0'],
  ['1025 bytes', 'a'.repeat(1025)],
  ['1026 bytes in 513 characters', 'é'.repeat(513)],
  ['a megabyte', 'a'.repeat(1024 * 1024)],
  ['a number', 7],
  ['a boolean', true],
  ['a nested object', { name: 'alice' }],
  ['a nested list', [['alice']]],
];

describe('identityFromClaims refuses', () => {
  test.each(HOSTILE_NAMES)('a user name that is or holds %s', (_what, value) => {
    expect(read({ preferred_username: value })).toMatchObject({ ok: false });
  });

  test.each(HOSTILE_NAMES)('a group that is or holds %s, even among good ones', (_what, value) => {
    expect(read({ groups: ['team-a', value, 'team-b'] })).toMatchObject({ ok: false });
  });

  test.each(HOSTILE_NAMES)('a subject that is or holds %s', (_what, value) => {
    expect(read({ sub: value })).toMatchObject({ ok: false });
  });

  test.each(HOSTILE_NAMES)('a uid that is or holds %s', (_what, value) => {
    const mapped = { claimMappings: { ...issuerInput().claimMappings, uid: { claim: 'oid' } } };
    expect(read({ oid: value }, mapped)).toMatchObject({ ok: false });
    expect(read({ oid: '17' }, mapped)).toMatchObject({ ok: true, identity: { uid: '17' } });
  });

  test.each([
    ['absent', undefined],
    ['null', null],
    ['a list of one name', ['alice']],
  ])('a user name that is %s', (_what, value) => {
    expect(read({ preferred_username: value })).toMatchObject({ ok: false });
  });

  test.each([
    ['an object', { a: 'team-a' }],
    ['a number', 1],
    ['a boolean', true],
    ['a list that holds null', ['team-a', null]],
    ['a list within a list', [['team-a']]],
  ])('groups that are %s', (_what, value) => {
    expect(read({ groups: value })).toMatchObject({ ok: false });
  });

  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'to find the claim "%s" on anything but the claims themselves',
    (claim) => {
      expect(read({}, named(claim))).toMatchObject({ ok: false });
    },
  );

  test('to descend into a claim: a dot belongs to its name', () => {
    expect(read({ realm: { user: 'alice' } }, named('realm.user'))).toMatchObject({ ok: false });
    expect(read({ 'realm.user': 'alice' }, named('realm.user'))).toMatchObject({ ok: true });
  });

  test.each([
    ['as it stands in the token', 'system:admin', ''],
    ['put together from prefix and name', 'tem:masters', 'sys'],
    ['made by the prefix alone', 'x', 'system:'],
    ['in capitals', 'System:admin', ''],
  ])('a user name that begins with system:, %s', (_what, name, prefix) => {
    expect(read({ preferred_username: name }, named('preferred_username', prefix))).toMatchObject({ ok: false });
  });

  test.each([
    ['as it stands in the token', 'gatehouse:ci', ''],
    ['put together from prefix and name', 'house:ci', 'gate'],
    ['made by the prefix alone', 'ci', 'gatehouse:'],
    ['in capitals', 'GateHouse:ci', ''],
    ['with a blank', 'gatehouse :ci', ''],
    ['with an invisible character', 'gate\u200bhouse:ci', ''],
    ['in wide characters', 'ｇatehouse：ci', ''],
  ])('names of the service identities for a user and for a group, %s', (_what, name, prefix) => {
    const mapping = named('preferred_username', prefix);
    const reserved = { ok: false, message: expect.stringContaining('(gatehouse:…)') as string };
    expect(read({ preferred_username: name, groups: [] }, mapping)).toMatchObject(reserved);
    expect(read({ preferred_username: 'a', groups: ['b', name] }, mapping)).toMatchObject(reserved);
    const expression = { claimMappings: { username: { expression: `'${prefix}' + claims.preferred_username` } } };
    expect(read({ preferred_username: name }, expression)).toMatchObject(reserved);
  });

  test.each([false, 'true', 1, null])('an e-mail address as the name with email_verified %j', (verified) => {
    expect(read({ email: 'a@example.com', email_verified: verified }, named('email'))).toMatchObject({ ok: false });
  });

  test.each([
    ['absent', {}],
    ['another', { hd: 'evil.example' }],
    ['a list that holds it', { hd: ['example.com'] }],
    ['of another case', { hd: 'Example.com' }],
  ])('a required claim that is %s', (_what, claims) => {
    const rules = { claimValidationRules: [{ claim: 'hd', requiredValue: 'example.com' }] };
    expect(read(claims, rules)).toMatchObject({ ok: false });
    expect(read({ hd: 'example.com' }, rules)).toMatchObject({ ok: true });
  });

  test('without saying any part of the hostile value', () => {
    const result = read({ preferred_username: 'evil\r\nline' });
    expect(result).toMatchObject({ ok: false, message: expect.not.stringContaining('evil') });
  });
});

describe('identityFromClaims', () => {
  test.each([
    ['commas, which belong to LDAP names', 'cn=admins,ou=groups,dc=example'],
    ['other alphabets', 'Ольга Müller 山田'],
    ['1024 bytes', 'a'.repeat(1024)],
    ['inner blanks, quotes and colons', 'O\'Neil "x": y'],
    ['a reserved beginning elsewhere', 'my gatehouse:ci'],
    ['a beginning that is only near a reserved one', 'gatehouse-ci'],
    ['a look-alike of another name, which is another name', 'аlice'],
  ])('keeps names with %s to the byte', (_what, name) => {
    expect(read({ preferred_username: name, groups: [name] }, named('preferred_username'))).toMatchObject({
      ok: true,
      identity: { username: name, groups: [name] },
    });
  });

  test('takes one group as text, none where the claim is absent or null, and hundreds in their order', () => {
    const groupsOf = (groups: unknown): unknown =>
      (read({ groups }) as { identity: { groups: unknown } }).identity.groups;
    expect(groupsOf('a,b')).toEqual(['demo:a,b']);
    expect(groupsOf(undefined)).toEqual([]);
    expect(groupsOf(null)).toEqual([]);
    expect(groupsOf([])).toEqual([]);
    const many = Array.from({ length: 600 }, (_, i) => `group-${i}`);
    expect(groupsOf(many)).toEqual(many.map((group) => `demo:${group}`));
  });

  test('leaves groups named system:… to the mapping, which refuses them unless it names them', () => {
    expect(read({ groups: ['system:masters'] }, named('preferred_username'))).toMatchObject({
      ok: true,
      identity: { groups: ['system:masters'] },
    });
  });

  test('reads no groups where the issuer maps none', () => {
    const issuer = { claimMappings: { username: { claim: 'sub', prefix: '' } } };
    expect(read({ groups: { bad: 1 } }, issuer)).toMatchObject({ ok: true, identity: { groups: [] } });
  });

  test.each([true, undefined])('takes an e-mail address with email_verified %j', (verified) => {
    const claims = { email: 'a@example.com', ...(verified === undefined ? {} : { email_verified: verified }) };
    expect(read(claims, named('email'))).toMatchObject({ ok: true, identity: { username: 'a@example.com' } });
  });

  test('equal names of two issuers are two people', () => {
    const other = compileIssuers([
      issuerInput({ name: 'other', issuer: { url: 'https://other.example', audiences: ['a'] } }),
    ]).byName('other') as CompiledIssuer;
    const one = read({});
    const two = identityFromClaims(other, alice, { kind: 'bearer', id: 'x' }, 1);
    expect(one).toMatchObject({ ok: true, identity: { username: 'demo:alice', issuer: 'demo' } });
    expect(two).toMatchObject({
      ok: true,
      identity: { username: 'demo:alice', issuer: 'other', issuerUrl: 'https://other.example' },
    });
  });

  test('tells when the person last proved who they are: auth_time, and never iat', () => {
    expect(read({ auth_time: 5, iat: 9, acr: 'mfa' })).toMatchObject({
      identity: { authenticatedAtSeconds: 5, acr: 'mfa' },
    });
    expect(read({ iat: 9 })).toMatchObject({ identity: { authenticatedAtSeconds: undefined, acr: undefined } });
    expect(read({ auth_time: 'yesterday' })).toMatchObject({ identity: { authenticatedAtSeconds: undefined } });
  });

  test('does not take the login at which an access token was made for a login of whoever holds it', () => {
    const claims = { ...alice, auth_time: 5, acr: 'mfa' };
    const issuer = compileIssuers([issuerInput()]).byName('demo') as CompiledIssuer;
    expect(identityFromClaims(issuer, claims, { kind: 'token', id: 'x' }, 1)).toMatchObject({
      ok: true,
      identity: { authenticatedAtSeconds: undefined, acr: undefined },
    });
  });
});

const expressions = (claimMappings: Partial<IssuerInput['claimMappings']>, more: Partial<IssuerInput> = {}) => ({
  claimMappings: { username: { expression: "'kc:' + claims.preferred_username" }, ...claimMappings },
  ...more,
});

describe('expressions over claims', () => {
  test.each(HOSTILE_NAMES)('refuse a user name that is or holds %s', (what, value) => {
    // Behind a prefix a leading blank is no longer at an end, and an empty name is no longer empty: Kubernetes' words too.
    const mapped = expressions({ username: { expression: 'claims.preferred_username' } });
    expect(read({ preferred_username: value }, mapped), what).toMatchObject({ ok: false });
  });

  test('refuse what cannot be evaluated, a rule that fails or has an error, and a user that is refused', () => {
    expect(read({ groups: 7 }, expressions({ groups: { expression: 'claims.groups' } }))).toMatchObject({ ok: false });
    expect(read({}, expressions({ groups: { expression: 'claims.realm_access.roles' } }))).toMatchObject({ ok: false });
    const rule = {
      claimValidationRules: [{ expression: "claims.hd == 'example.com'", message: 'hd must be example.com' }],
    };
    expect(read({}, expressions({}, rule))).toMatchObject({
      ok: false,
      message: expect.stringContaining('hd must be') as string,
    });
    expect(read({ hd: 'example.com' }, expressions({}, rule))).toMatchObject({ ok: true });
    const user = { userValidationRules: [{ expression: "!user.groups.exists(g, g == 'banned')" }] };
    const banned = { groups: { expression: 'claims.groups' } };
    expect(read({ groups: ['a', 'banned'] }, expressions(banned, user))).toMatchObject({ ok: false });
    expect(read({ groups: ['a'] }, expressions(banned, user))).toMatchObject({ ok: true });
  });

  test('make the person', () => {
    const mapped = expressions({
      groups: { expression: "claims.realm_access.roles.filter(r, r.startsWith('k8s-')).map(r, 'kc:' + r)" },
      uid: { expression: 'claims.sub' },
      extra: [
        { key: 'example.com/team', valueExpression: 'claims.team' },
        { key: 'example.com/none', valueExpression: "''" },
      ],
    });
    expect(read({ realm_access: { roles: ['k8s-a', 'x'] }, team: 'blue' }, mapped)).toMatchObject({
      ok: true,
      identity: { username: 'kc:alice', groups: ['kc:k8s-a'], uid: 'alice', extra: { 'example.com/team': ['blue'] } },
    });
    const none = read({ realm_access: { roles: [] }, team: 'blue' }, mapped);
    expect(none.ok && Object.keys(none.identity.extra)).toEqual(['example.com/team']);
  });

  test('do not take left-out groups for no groups', () => {
    const overage = {
      groups: undefined,
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'x' } },
    };
    expect(read(overage)).toMatchObject({ ok: false, message: expect.stringContaining('_claim_names') as string });
    expect(read({ _claim_names: { other: 'src1' } })).toMatchObject({ ok: true });
  });
});
