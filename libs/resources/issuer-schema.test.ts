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

describe('Issuer', () => {
  test.each([
    ['http', {}, { url: 'http://id.example.com' }, 'spec.issuer.url'],
    ['a url with a query', {}, { url: 'https://id.example.com/?a' }, 'spec.issuer.url'],
    ['a url with a password', {}, { url: 'https://a:b@id.example.com' }, 'spec.issuer.url'],
    ['a discovery url by http', {}, { discoveryURL: 'http://id.example.com/d' }, 'spec.issuer.discoveryURL'],
    ['no audience', {}, { audiences: [] }, 'spec.issuer.audiences'],
    ['another audience policy', {}, { audienceMatchPolicy: 'MatchAll' }, 'spec.issuer.audienceMatchPolicy'],
    ['a CA that is none', {}, { certificateAuthority: 'x' }, 'spec.issuer.certificateAuthority'],
    [
      'a prefix of system:',
      { claimMappings: { username: { claim: 'sub', prefix: 'system:' } } },
      {},
      'spec.claimMappings.username.prefix',
    ],
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
