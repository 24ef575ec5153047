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

  test('no more are kept than there is room for, of a source and in total; the oldest expired one goes first', async () => {
    const { loginGrants } = suite.store;
    const room = (source: string) => ({ source, maxOfSource: 3, max: 5 });
    let made = 0;
    const make = async (source: string, createdAtMs: number, expiresAtMs = createdAtMs + 600_000) => {
      made++;
      const codes = { digest: `d${made}`, userCodeDigest: `u${made}` };
      return await loginGrants.createGrant(grant({ createdAtMs, expiresAtMs, ...codes }), room(source));
    };
    const kept = async (): Promise<number[]> => {
      const found: number[] = [];
      for (let at = 1; at <= made; at++) if (await loginGrants.findGrantByUserCode(`u${at}`)) found.push(at);
      return found;
    };
    // A code login is of a person who is logged in, and takes nobody's room.
    await loginGrants.createGrant(grant({ kind: 'code', digest: 'code', userCodeDigest: undefined }));
    for (const expiresAtMs of [3_000, 2_000, 9_000]) expect(await make('a', 1_000, expiresAtMs)).toBe('created');
    expect(await make('a', 1_500)).toBe('fullOfSource');
    expect(await make('b', 1_500)).toBe('created');
    expect(await make('b', 1_500)).toBe('created');
    expect(await make('c', 1_500)).toBe('full');
    expect(await kept()).toEqual([1, 2, 3, 5, 6]);
    expect(await make('a', 4_000)).toBe('created');
    expect(await kept()).toEqual([1, 3, 5, 6, 8]);
    expect(await make('c', 4_000)).toBe('created');
    expect(await kept()).toEqual([3, 5, 6, 8, 9]);
    expect(await make('c', 4_000)).toBe('full');
    const none = { source: 'a', maxOfSource: 0, max: 0 };
    expect(await loginGrants.createGrant(grant({ digest: 'x', userCodeDigest: 'y' }), none)).toBe('created');
  });

  test('two replicas that begin at once do not both take the last place', async () => {
    const other = await suite.open();
    for (let round = 0; round < 10; round++) {
      const room = { source: `s${round}`, maxOfSource: 1, max: 0 };
      const both = await Promise.all(
        [suite.store, other].map(({ loginGrants }, at) => {
          const codes = { digest: `d${round}-${at}`, userCodeDigest: `u${round}-${at}` };
          return loginGrants.createGrant(grant(codes), room);
        }),
      );
      expect(both.toSorted()).toEqual(['created', 'fullOfSource']);
    }
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
