import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compileIssuers } from '#identity';
import { createForeignKey, es256, forgeToken, goodParts } from '../support/identity-provider-forgeries.ts';
import { createIdentityStage, issuerOf, type IdentityStage } from '../support/identity-provider-gateway.ts';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';

const COOLDOWN_MS = 10_000;
const TEN_MINUTES_MS = 10 * 60_000;
const foreign = createForeignKey();

let provider: IdentityProvider;
let stage: IdentityStage;

beforeEach(async () => {
  provider = await startIdentityProvider({
    redirectUris: ['https://127.0.0.1:8443/-/auth/callback'],
    idTokenSeconds: 8 * 3600,
  });
  stage = createIdentityStage([issuerOf(provider)]);
});
afterEach(() => provider.stop());

const withUnknownKey = (kid: string): string => {
  const { header, claims } = goodParts(provider, 'alice', { header: { kid } });
  return forgeToken(header, claims, es256(foreign.privateKey));
};
const longLived = (person: string): Promise<string> => provider.issueIdToken(person, { expiresInSeconds: 8 * 3600 });

describe('a flood of unknown key ids', () => {
  test('costs the provider one look at its keys a cooldown, and the people nothing', async () => {
    const alice = await longLived('alice');
    for (let round = 1; round <= 3; round++) {
      const verdicts = await Promise.all(
        Array.from({ length: 400 }, (_, i) => stage.verdict(withUnknownKey(`${round}-${i}`))),
      );
      expect(new Set(verdicts)).toEqual(new Set(['invalidCredential']));
      for (let i = 0; i < 100; i++) await stage.verdict(withUnknownKey(`one by one ${round}-${i}`));
      expect(await stage.verdict(alice)).toBe('identified demo:alice');
      expect(provider.keySetRequests()).toBe(round);
      stage.aheadMs += COOLDOWN_MS;
    }
  });

  test('does not keep a key that the provider has just made from being found', async () => {
    await stage.verdict(withUnknownKey('first'));
    await provider.rotateKey({ keepFormer: true });
    const token = await longLived('bob');
    expect(await stage.verdict(token)).toBe('invalidCredential');
    await Promise.all(Array.from({ length: 100 }, (_, i) => stage.verdict(withUnknownKey(`${i}`))));
    stage.aheadMs += COOLDOWN_MS;
    expect(await stage.verdict(token)).toBe('identified demo:bob');
  });
});

describe('rotation of the provider’s keys', () => {
  test('is followed at the first token of the new key; tokens of a former key that is still published go on', async () => {
    const before = await longLived('alice');
    expect(await stage.verdict(before)).toBe('identified demo:alice');
    await provider.rotateKey({ keepFormer: true });
    stage.aheadMs += COOLDOWN_MS;
    expect(await stage.verdict(await longLived('bob'))).toBe('identified demo:bob');
    expect(await stage.verdict(before)).toBe('identified demo:alice');
    expect(await stage.verdict(await provider.issueIdToken('alice'))).toBe('identified demo:alice');
  });

  test('ends tokens of a key that is withdrawn, remembered ones too, when the new set is seen', async () => {
    const before = await longLived('alice');
    expect(await stage.verdict(before)).toBe('identified demo:alice');
    await provider.rotateKey({ keepFormer: false });
    expect(await stage.verdict(before)).toBe('identified demo:alice');
    stage.aheadMs += COOLDOWN_MS;
    expect(await stage.verdict(await longLived('bob'))).toBe('identified demo:bob');
    expect(await stage.verdict(before)).toBe('invalidCredential');
  });

  test('ends remembered tokens of a withdrawn key within ten minutes even if no token of a new key comes', async () => {
    const before = await longLived('alice');
    expect(await stage.verdict(before)).toBe('identified demo:alice');
    await provider.rotateKey({ keepFormer: false });
    stage.aheadMs += TEN_MINUTES_MS + 1;
    await stage.verdict(before);
    await expect.poll(() => stage.verdict(before)).toBe('invalidCredential');
  });
});

describe('while the provider is down', () => {
  test('a gateway that knows no key says 503, asks once a cooldown, and recovers by itself', async () => {
    const token = await longLived('alice');
    provider.setOutage(true);
    for (let i = 0; i < 20; i++) expect(await stage.verdict(token)).toBe('identityUnavailable');
    provider.setOutage(false);
    expect(await stage.verdict(token)).toBe('identityUnavailable');
    expect(provider.keySetRequests()).toBe(0);
    stage.aheadMs += COOLDOWN_MS;
    expect(await stage.verdict(token)).toBe('identified demo:alice');
  });

  test('a gateway that knows its keys goes on, with tokens that it has never seen too', async () => {
    expect(await stage.verdict(await longLived('alice'))).toBe('identified demo:alice');
    provider.setOutage(true);
    for (let hours = 0; hours < 4; hours++) {
      stage.aheadMs += 3_600_000;
      expect(await stage.verdict(await longLived('bob'))).toBe('identified demo:bob');
    }
  });

  test('a key that is not known may be new: 503 until its keys were fetched, then a bad token, for one look a cooldown', async () => {
    const alice = await longLived('alice');
    expect(await stage.verdict(alice)).toBe('identified demo:alice');
    stage.aheadMs += COOLDOWN_MS;
    await provider.rotateKey({ keepFormer: true });
    const ofNewKey = await longLived('bob');
    const looks = provider.keySetRequests();
    provider.setOutage(true);
    for (let at = 0; at < 50; at += 1) expect(await stage.verdict(withUnknownKey(`${at}`))).toBe('identityUnavailable');
    expect(await stage.verdict(ofNewKey)).toBe('identityUnavailable');
    expect(await stage.verdict(alice)).toBe('identified demo:alice');
    provider.setOutage(false);
    // Still the same look, which failed.
    expect(await stage.verdict(ofNewKey)).toBe('identityUnavailable');
    stage.aheadMs += COOLDOWN_MS;
    expect(await stage.verdict(ofNewKey)).toBe('identified demo:bob');
    for (let at = 0; at < 50; at += 1) expect(await stage.verdict(withUnknownKey(`${at}`))).toBe('invalidCredential');
    expect(provider.keySetRequests()).toBe(looks + 1);
  });

  test('a provider with another certificate than the configured CA’s is not believed', async () => {
    const impostor = await startIdentityProvider({ redirectUris: ['https://127.0.0.1/x'], idTokenSeconds: 60 });
    const wrong = createIdentityStage([
      issuerOf(provider, {
        issuer: { url: provider.issuerUrl, audiences: ['gatehouse'], certificateAuthority: impostor.caPem },
      }),
    ]);
    expect(await wrong.verdict(await longLived('alice'))).toBe('identityUnavailable');
    const system = createIdentityStage([
      issuerOf(provider, {
        issuer: { url: provider.issuerUrl, audiences: ['gatehouse'], certificateAuthority: undefined },
      }),
    ]);
    expect(await system.verdict(await longLived('alice'))).toBe('identityUnavailable');
    expect(provider.keySetRequests()).toBe(0);
    await impostor.stop();
  });
});

describe('a verified token is remembered', () => {
  test('and then answered without a promise, and without asking the provider', async () => {
    const token = await longLived('alice');
    expect(stage.ask(token)).toBeInstanceOf(Promise);
    const first = await stage.ask(token);
    for (let i = 0; i < 1_000; i++) expect(stage.ask(token)).toEqual(first);
    expect(provider.keySetRequests()).toBe(1);
  });

  test('no longer than it is good', async () => {
    const token = await provider.issueIdToken('alice', { expiresInSeconds: 120 });
    expect(await stage.verdict(token)).toBe('identified demo:alice');
    stage.aheadMs += 110_000;
    expect(stage.ask(token)).toMatchObject({ outcome: 'identified' });
    stage.aheadMs += 15_000;
    expect(await stage.verdict(token)).toBe('expiredCredential');
  });

  test('for ten minutes at most, also when the clock is set back meanwhile', async () => {
    const token = await longLived('alice');
    expect(await stage.verdict(token)).toBe('identified demo:alice');
    stage.aheadMs += TEN_MINUTES_MS + 1;
    expect(stage.ask(token)).toBeInstanceOf(Promise);
    stage.aheadMs = 0;
    expect(await stage.ask(token)).toMatchObject({ outcome: 'identified' });
    stage.aheadMs = -20_000;
    expect(stage.ask(token)).toBeInstanceOf(Promise);
  });

  test('as claims: a changed mapping of its issuer makes another person of it at once', async () => {
    const token = await longLived('alice');
    expect(await stage.verdict(token)).toBe('identified demo:alice');
    stage.issuers = compileIssuers([
      issuerOf(provider, { claimMappings: { username: { claim: 'email', prefix: '' } } }),
    ]);
    expect(stage.ask(token)).toMatchObject({
      outcome: 'identified',
      identity: { username: 'alice@example.com', groups: [] },
    });
    stage.issuers = compileIssuers([
      issuerOf(provider, { claimValidationRules: [{ claim: 'preferred_username', requiredValue: 'bob' }] }),
    ]);
    expect(await stage.verdict(token)).toBe('invalidCredential');
  });

  test.each<[string, () => Parameters<typeof compileIssuers>[0]]>([
    ['is gone', () => []],
    [
      'wants another audience',
      () => [
        issuerOf(provider, {
          issuer: { url: provider.issuerUrl, audiences: ['other'], certificateAuthority: provider.caPem },
        }),
      ],
    ],
    ['allows other algorithms', () => [issuerOf(provider, { signingAlgorithms: ['RS256'] })]],
  ])('and forgotten when its issuer %s', async (_what, issuers) => {
    const token = await longLived('alice');
    expect(await stage.verdict(token)).toBe('identified demo:alice');
    stage.issuers = compileIssuers(issuers());
    expect(await stage.verdict(token)).toBe('invalidCredential');
  });
});
