import { generateKeyPairSync } from 'node:crypto';
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import { splitSecrets, validateObject, type ResourceObject } from '#resources';

const pair = await generate([{ name: 'commonName', value: 'gateway' }], {
  keyType: 'ec',
  curve: 'P-256',
  algorithm: 'sha256',
});
const otherPair = await generate([{ name: 'commonName', value: 'other' }], {
  keyType: 'ec',
  curve: 'P-256',
  algorithm: 'sha256',
});
const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
const SHORT = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export(pkcs8).toString();
const NO_SIGNER = generateKeyPairSync('x25519').privateKey.export(pkcs8).toString();
const object = (kind: string, spec: unknown, metadata: object = { name: 'x' }) => ({
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind,
  metadata,
  spec,
});
const issuer = (spec: object = {}, inner: object = {}) =>
  object('Issuer', {
    issuer: { url: 'https://id.example.com', audiences: ['gatehouse'], ...inner },
    claimMappings: { username: { claim: 'sub', prefix: 'demo:' } },
    ...spec,
  });

function problems(input: unknown): string[] {
  const result = validateObject(input);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}
const paths = (input: unknown): string[] => problems(input).map((line) => line.split(': ')[0] as string);
function valid(input: unknown): ResourceObject {
  const result = validateObject(input);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.object;
}

const username = { claim: 'sub', prefix: 'demo:' };
const names = (mapping: object) => ({ claimMappings: { username: mapping } });
const extra = (key: string) => ({ claimMappings: { username, extra: [{ key, valueExpression: 'claims.team' }] } });

describe('Issuer', () => {
  test.each([
    ['http', {}, { url: 'http://id.example.com' }, 'spec.issuer.url'],
    ['a url with a query', {}, { url: 'https://id.example.com/?a' }, 'spec.issuer.url'],
    ['a url with a password', {}, { url: 'https://a:b@id.example.com' }, 'spec.issuer.url'],
    ['a discovery url by http', {}, { discoveryURL: 'http://id.example.com/d' }, 'spec.issuer.discoveryURL'],
    ['no audience', {}, { audiences: [] }, 'spec.issuer.audiences'],
    ['another audience policy', {}, { audienceMatchPolicy: 'MatchAll' }, 'spec.issuer.audienceMatchPolicy'],
    ['an audience twice', {}, { audiences: ['a', 'a'] }, 'spec.issuer.audiences'],
    ['a discovery url that is the url', {}, { discoveryURL: 'https://id.example.com' }, 'spec.issuer.discoveryURL'],
    [
      'claim and expression',
      names({ claim: 'sub', prefix: '', expression: 'claims.sub' }),
      {},
      'spec.claimMappings.username',
    ],
    ['neither claim nor expression', names({}), {}, 'spec.claimMappings.username'],
    ['a claim without a prefix', names({ claim: 'sub' }), {}, 'spec.claimMappings.username.prefix'],
    [
      'a prefix beside an expression',
      names({ expression: 'claims.sub', prefix: 'a:' }),
      {},
      'spec.claimMappings.username.prefix',
    ],
    ['an expression that gives a number', names({ expression: '1' }), {}, 'spec.claimMappings.username.expression'],
    [
      'an expression that gives a list of users',
      names({ expression: "['a']" }),
      {},
      'spec.claimMappings.username.expression',
    ],
    [
      'a function outside the subset',
      names({ expression: 'string(type(claims.sub))' }),
      {},
      'spec.claimMappings.username.expression',
    ],
    [
      'a rule that gives no verdict',
      { claimValidationRules: [{ expression: '1 + 1' }] },
      {},
      'spec.claimValidationRules[0].expression',
    ],
    [
      'a rule of both kinds',
      { claimValidationRules: [{ claim: 'a', requiredValue: 'b', expression: 'true' }] },
      {},
      'spec.claimValidationRules[0]',
    ],
    [
      'a claim without its value',
      { claimValidationRules: [{ claim: 'a' }] },
      {},
      'spec.claimValidationRules[0].requiredValue',
    ],
    [
      'a user rule over claims',
      { userValidationRules: [{ expression: 'claims.sub == "a"' }] },
      {},
      'spec.userValidationRules[0].expression',
    ],
    ['an extra without a domain', extra('team'), {}, 'spec.claimMappings.extra[0].key'],
    ['an extra in capitals', extra('Example.com/team'), {}, 'spec.claimMappings.extra[0].key'],
    ['an extra of Kubernetes', extra('authentication.kubernetes.io/x'), {}, 'spec.claimMappings.extra[0].key'],
    ['a CA that is none', {}, { certificateAuthority: 'x' }, 'spec.issuer.certificateAuthority'],
    [
      'a prefix of system:',
      { claimMappings: { username: { claim: 'sub', prefix: 'system:' } } },
      {},
      'spec.claimMappings.username.prefix',
    ],
    ...[
      'gatehouse:',
      'gatehouse:x:',
      'Gatehouse:',
      'gate\u200bhouse:',
      'gate house :',
      'ｇatehouse：',
      'gatehouse',
      'gate',
      'g',
      'System:',
      'sys',
    ].flatMap((prefix): [string, object, object, string][] => [
      [
        `a prefix of user names that is or may become reserved: ${prefix}`,
        { claimMappings: { username: { claim: 'sub', prefix } } },
        {},
        'spec.claimMappings.username.prefix',
      ],
      [
        `a prefix of groups that is or may become reserved: ${prefix}`,
        { claimMappings: { username, groups: { claim: 'groups', prefix } } },
        {},
        'spec.claimMappings.groups.prefix',
      ],
      [
        `an expression of user names that begins so: ${prefix}`,
        { claimMappings: { username: { expression: `'${prefix}' + claims.sub` } } },
        {},
        'spec.claimMappings.username.expression',
      ],
      [
        `an expression of groups that begins so: ${prefix}`,
        { claimMappings: { username, groups: { expression: `claims.groups.map(g, '${prefix}' + g)` } } },
        {},
        'spec.claimMappings.groups.expression',
      ],
    ]),
    ['no prefix', { claimMappings: { username: { claim: 'sub' } } }, {}, 'spec.claimMappings.username.prefix'],
    ['an HMAC', { signingAlgorithms: ['RS256', 'HS256'] }, {}, 'spec.signingAlgorithms[1]'],
    ['no algorithm at all', { signingAlgorithms: ['none'] }, {}, 'spec.signingAlgorithms[0]'],
    ['scopes without openid', { login: { clientID: 'c', scopes: ['email'] } }, {}, 'spec.login.scopes'],
    [
      'a client secret with a line break',
      { login: { clientID: 'c', clientSecret: 'a\nb' } },
      {},
      'spec.login.clientSecret',
    ],
    [
      'a client with two ways to prove itself',
      { login: { clientID: 'c', clientSecret: 's', clientKey: pair.private } },
      {},
      'spec.login.clientKey',
    ],
    ['a client key that is none', { login: { clientID: 'c', clientKey: pair.cert } }, {}, 'spec.login.clientKey'],
    ['a client key that is too short', { login: { clientID: 'c', clientKey: SHORT } }, {}, 'spec.login.clientKey'],
    ['a client key that cannot sign', { login: { clientID: 'c', clientKey: NO_SIGNER } }, {}, 'spec.login.clientKey'],
    ['a prompt without a page', { login: { clientID: 'c', prompt: 'none' } }, {}, 'spec.login.prompt'],
  ])('%s is refused', (_what, spec, inner, path) => {
    expect(paths(issuer(spec, inner))).toEqual([path]);
  });
  test('the demo’s shape is accepted, scopes have a default, and the client secret is split off', () => {
    const read = valid(
      issuer({ login: { clientID: 'gatehouse', clientSecret: 's3cret' } }, { certificateAuthority: pair.cert }),
    );
    const { object: shown, secrets, binding } = splitSecrets(read);
    expect(secrets).toEqual([{ field: 'clientSecret', clear: 's3cret', binding }]);
    expect(shown.spec).toMatchObject({ login: { clientID: 'gatehouse', scopes: ['openid', 'profile', 'email'] } });
    expect(JSON.stringify(shown)).not.toContain('s3cret');
  });
  test('a client key is split off like a secret', () => {
    const read = valid(issuer({ login: { clientID: 'gatehouse', clientKey: pair.private, clientKeyID: 'one' } }));
    const { object: shown, secrets, binding } = splitSecrets(read);
    expect(secrets).toEqual([{ field: 'clientKey', clear: pair.private, binding }]);
    expect(shown.spec).toMatchObject({ login: { clientID: 'gatehouse', clientKeyID: 'one' } });
    expect(JSON.stringify(shown)).not.toContain('PRIVATE KEY');
  });
  test('the client secret is bound to everything that decides where it is sent', () => {
    const bindings = [
      {},
      { url: 'https://other.example.com' },
      { discoveryURL: 'https://evil.example.com/d' },
      { certificateAuthority: otherPair.cert },
    ].map((inner) => splitSecrets(valid(issuer({}, inner))).binding);
    expect(new Set(bindings).size).toBe(bindings.length);
  });
});
