import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, type JWK } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { compileIssuers, type CompiledIssuer } from './compile-issuers.ts';
import { createKeySets, type KeySets } from './key-sets.ts';
import { issuerInput } from './testdata/issuer.ts';

const url = 'https://login.example';
const issuer = compileIssuers([issuerInput()]).byName('demo') as CompiledIssuer;
const makeKey = async (kid: string, changes: object = {}): Promise<JWK> => ({
  ...(await exportJWK(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)),
  kid,
  ...changes,
});

/** A network of documents and a clock, both in the hands of the test. */
let documents: Record<string, unknown>;
let asked: string[];
let clockMs: number;
let keySets: KeySets;
const publish = (...keys: unknown[]): void => {
  documents[`${url}/.well-known/openid-configuration`] = { issuer: url, jwks_uri: `${url}/keys` };
  documents[`${url}/keys`] = { keys };
};
const fetches = (): number => asked.filter((address) => address.endsWith('/keys')).length;
const outcome = async (kid: string | undefined, algorithm = 'ES256'): Promise<string> =>
  (await keySets.find(issuer, kid, algorithm)).outcome;

beforeEach(() => {
  documents = {};
  asked = [];
  clockMs = 1_800_000_000_000;
  keySets = createKeySets({
    now: () => clockMs,
    fetch: async (address) => {
      asked.push(address);
      if (!(address in documents)) throw new Error('down');
      return documents[address];
    },
  });
});

describe('the key sets refuse', () => {
  test.each<[string, unknown]>([
    ['names another issuer', { issuer: 'https://evil.example', jwks_uri: `${url}/keys` }],
    ['names a near-miss of the issuer', { issuer: `${url}/`, jwks_uri: `${url}/keys` }],
    ['has its keys behind plain HTTP', { issuer: url, jwks_uri: 'http://login.example/keys' }],
    ['has its keys in a file', { issuer: url, jwks_uri: 'file:///etc/keys' }],
    ['has no keys', { issuer: url }],
    ['is a list', []],
    ['is null', null],
  ])('a discovery document that %s', async (_what, document) => {
    publish(await makeKey('one'));
    documents[`${url}/.well-known/openid-configuration`] = document;
    expect(await outcome('one')).toBe('unavailable');
    expect(fetches()).toBe(0);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['an object without keys', {}],
    ['text', 'keys'],
  ])('a key set that is %s', async (_what, set) => {
    publish();
    documents[`${url}/keys`] = set;
    expect(await outcome('one')).toBe('unavailable');
  });

  test.each<[string, object, string]>([
    ['for encryption', { use: 'enc' }, 'ES256'],
    ['that may not verify', { key_ops: ['sign'] }, 'ES256'],
    ['for another algorithm', { alg: 'ES384' }, 'ES256'],
    ['on another curve', { crv: 'P-384' }, 'ES256'],
    ['of another type', {}, 'RS256'],
    ['of another curve than the algorithm wants', {}, 'ES384'],
    ['that is symmetric', { kty: 'oct', k: 'AAAA' }, 'HS256'],
    ['that is no point', { x: 'AAAA' }, 'ES256'],
  ])('a key %s', async (_what, changes, algorithm) => {
    publish(await makeKey('one', changes));
    expect(await outcome('one', algorithm)).toBe('unknown');
  });

  test('an RSA key of 1024 bits', async () => {
    const rsa = async (bits: number): Promise<JWK> => ({
      ...(await exportJWK(generateKeyPairSync('rsa', { modulusLength: bits }).publicKey)),
      kid: `${bits}`,
    });
    publish(await rsa(1024), await rsa(2048));
    expect(await outcome('1024', 'RS256')).toBe('unknown');
    expect(await outcome('2048', 'RS256')).toBe('found');
  });

  test('to guess which of two keys is meant where the token has no key id', async () => {
    publish(await makeKey('one'), await makeKey('two'));
    expect(await outcome(undefined)).toBe('unknown');
    publish(await makeKey('one'));
    clockMs += 10_000;
    expect(await outcome(undefined)).toBe('found');
  });
});

describe('the key sets', () => {
  test('fetch once a cooldown under a flood of unknown key ids, and still find a new key in the next', async () => {
    publish(await makeKey('one'));
    await Promise.all(Array.from({ length: 500 }, (_, i) => outcome(`flood-${i}`)));
    for (let i = 0; i < 500; i++) await outcome(`flood-again-${i}`);
    expect(fetches()).toBe(1);
    publish(await makeKey('one'), await makeKey('two'));
    clockMs += 9_999;
    expect(await outcome('two')).toBe('unknown');
    expect(fetches()).toBe(1);
    clockMs += 1;
    expect(await outcome('two')).toBe('found');
    expect(fetches()).toBe(2);
  });

  test('fetch once a cooldown while the provider is down, and are unavailable when no key is known', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, i) => outcome(`${i}`)));
    expect(await outcome('one')).toBe('unavailable');
    expect(asked).toHaveLength(1);
    publish(await makeKey('one'));
    clockMs += 10_000;
    expect(await outcome('one')).toBe('found');
  });

  test('go on with the keys that they know while the provider is down', async () => {
    const key = await makeKey('one');
    publish(key);
    const found = await keySets.find(issuer, 'one', 'ES256');
    documents = {};
    for (let minutes = 0; minutes < 60; minutes += 5) {
      clockMs += 5 * 60_000;
      expect(await outcome('one')).toBe('found');
      expect(found.outcome === 'found' && keySets.stillHolds(issuer, found.jwk)).toBe(true);
    }
    expect(await outcome('two')).toBe('unavailable');
  });

  test('learn within ten minutes that a key was withdrawn, without making a request wait', async () => {
    publish(await makeKey('one'));
    const found = await keySets.find(issuer, 'one', 'ES256');
    if (found.outcome !== 'found') throw new Error('not found');
    publish(await makeKey('two'));
    clockMs += 10 * 60_000;
    expect(keySets.stillHolds(issuer, found.jwk)).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(keySets.stillHolds(issuer, found.jwk)).toBe(false);
    expect(await outcome('one')).toBe('unknown');
  });

  test('tell another key under the same id from the one that verified, and keep the one that stayed', async () => {
    const one = await makeKey('one');
    publish(one);
    const found = await keySets.find(issuer, 'one', 'ES256');
    if (found.outcome !== 'found') throw new Error('not found');
    publish({ ...one }, await makeKey('two'));
    clockMs += 10_000;
    await outcome('two');
    expect(keySets.stillHolds(issuer, found.jwk)).toBe(true);
    publish(await makeKey('one'));
    clockMs += 10_000;
    await outcome('three');
    expect(keySets.stillHolds(issuer, found.jwk)).toBe(false);
  });

  test('fetch anew when the issuer changes: keys of the former configuration are worth nothing', async () => {
    publish(await makeKey('one'));
    const found = await keySets.find(issuer, 'one', 'ES256');
    const changed = compileIssuers([
      issuerInput({ issuer: { url, audiences: ['gatehouse'], certificateAuthority: 'another' } }),
    ]).byName('demo') as CompiledIssuer;
    expect(found.outcome === 'found' && keySets.stillHolds(changed, found.jwk)).toBe(false);
    documents = {};
    expect((await keySets.find(changed, 'one', 'ES256')).outcome).toBe('unavailable');
  });

  test('find new keys after the clock was set back by a day', async () => {
    publish(await makeKey('one'));
    expect(await outcome('one')).toBe('found');
    clockMs -= 86_400_000;
    publish(await makeKey('two'));
    expect(await outcome('two')).toBe('found');
  });

  test('verify with the public part of a key that was published whole', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    publish({ ...(await exportJWK(privateKey)), kid: 'one' });
    const found = await keySets.find(issuer, 'one', 'ES256');
    expect(found).toMatchObject({ outcome: 'found', key: { type: 'public' } });
  });
});
