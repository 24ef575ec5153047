import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { LoginGrant } from '#login';
import { describeStore } from '../support/describe-store.ts';

const ALICE = { issuer: 'demo', issuerUrl: 'https://issuer.example', subject: 'alice-1', username: 'demo:alice' };
const grant = (changes: Partial<LoginGrant> & { digest?: string; userCodeDigest?: string | undefined } = {}) => ({
  id: randomUUID(),
  kind: 'device' as const,
  state: 'pending' as const,
  clientId: 'gatehouse-cli',
  clientName: 'alice@laptop',
  sourceAddress: '192.0.2.7',
  redirectUri: undefined,
  challenge: undefined,
  owner: undefined,
  createdAtMs: 1_000,
  expiresAtMs: 601_000,
  digest: 'of-the-device-code',
  userCodeDigest: 'of-the-user-code',
  ...changes,
});

describeStore('login grants', (suite) => {
  test('a grant nobody approved is not taken, and a denied one is not approved afterwards', async () => {
    const { loginGrants } = suite.store;
    const made = grant();
    await loginGrants.createGrant(made);
    expect(await loginGrants.takeGrant(made.id)).toBe(false);
    expect(await loginGrants.findGrantByUserCode('of-another')).toBeUndefined();
    expect(await loginGrants.settleGrant(made.id, 'denied', ALICE)).toBe(true);
    expect(await loginGrants.settleGrant(made.id, 'approved', ALICE)).toBe(false);
    expect(await loginGrants.takeGrant(made.id)).toBe(false);
    expect(await loginGrants.findGrantByUserCode('of-the-user-code')).toMatchObject({ state: 'denied', owner: ALICE });
  });

  test('an approved one is taken once, whichever replica asks, and is gone then', async () => {
    const made = grant();
    await suite.store.loginGrants.createGrant(made);
    const other = await suite.open();
    expect(await other.loginGrants.settleGrant(made.id, 'approved', ALICE)).toBe(true);
    const stores = [suite.store, other, suite.store, other];
    const taken = await Promise.all(stores.map(({ loginGrants }) => loginGrants.takeGrant(made.id)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await other.loginGrants.pollGrant('of-the-device-code', 5_000)).toBeUndefined();
  });

  test('each poll hears of the one before, also of polls at another replica at the same time', async () => {
    const { loginGrants } = suite.store;
    await loginGrants.createGrant(grant());
    const other = await suite.open();
    expect(await loginGrants.pollGrant('of-nothing', 2_000)).toBeUndefined();
    expect(await loginGrants.pollGrant('of-the-device-code', 2_000)).toMatchObject({ polledAtMs: undefined });
    const polls = await Promise.all([
      loginGrants.pollGrant('of-the-device-code', 5_000),
      other.loginGrants.pollGrant('of-the-device-code', 5_000),
    ]);
    expect(polls.map((polled) => polled?.polledAtMs).sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual([2_000, 5_000]);
  });

  test('of kind code keeps its address and challenge; all go when they have ended', async () => {
    const { loginGrants } = suite.store;
    const code = grant({
      kind: 'code',
      state: 'approved',
      redirectUri: 'http://127.0.0.1:51000/',
      challenge: 'c',
      owner: ALICE,
      digest: 'of-the-code',
      userCodeDigest: undefined,
      expiresAtMs: 61_000,
    });
    await loginGrants.createGrant(code);
    await loginGrants.createGrant({ ...code, id: randomUUID(), digest: 'of-another-code' });
    await loginGrants.createGrant(grant());
    const { digest: _digest, userCodeDigest: _userCodeDigest, ...kept } = code;
    expect(await loginGrants.pollGrant('of-the-code', 2_000)).toEqual({ ...kept, polledAtMs: undefined });
    await loginGrants.deleteGrantsEndedBefore(61_001);
    expect(await loginGrants.pollGrant('of-the-code', 3_000)).toBeUndefined();
    expect(await loginGrants.pollGrant('of-the-device-code', 3_000)).toBeDefined();
  });
});
