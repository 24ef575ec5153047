import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { describeStore } from '../support/describe-store.ts';
import { newSession } from '../support/store-samples.ts';

const ALICE = { issuer: 'demo', issuerUrl: 'https://issuer.example', subject: 'alice-1', username: 'demo:alice' };
const token = (digest: string, more: object = {}) => ({
  id: randomUUID(),
  digest,
  name: 'ci',
  ...ALICE,
  narrowing: { verbs: ['get'] },
  createdBy: 'demo:alice',
  origin: 'request' as const,
  createdAtMs: 1_000,
  expiresAtMs: 5_000,
  ...more,
});

describeStore('access tokens and users', (suite) => {
  describe('access tokens', () => {
    test('are found by their digest only, with the newest claims of their owner', async () => {
      const { accessTokens, users } = suite.store;
      const made = token('d1');
      await accessTokens.createAccessToken(made);
      expect(await accessTokens.findAccessToken('d2')).toBeUndefined();
      expect(await accessTokens.findAccessToken('d1')).toMatchObject({
        id: made.id,
        claims: {},
        narrowing: { verbs: ['get'] },
      });
      await users.noteSeen([{ ...ALICE, claims: { sub: 'alice-1', groups: ['a'] }, atMs: 1 }]);
      // Seen again without claims: those that are known stay.
      await users.noteSeen([{ ...ALICE, atMs: 2 }]);
      expect(await accessTokens.findAccessToken('d1')).toMatchObject({ claims: { groups: ['a'] } });
      expect((await suite.database.bytes()).includes('"groups":["a"]')).toBe(false);
    });

    test('are found many at once, each with the claims of its own owner', async () => {
      const { accessTokens, users } = suite.store;
      const bob = { ...ALICE, subject: 'bob-1', username: 'demo:bob' };
      for (const made of [token('d1'), token('d2', bob), token('d3', { ...bob, subject: 'nobody' })])
        await accessTokens.createAccessToken(made);
      await users.noteSeen([
        { ...ALICE, claims: { groups: ['a'] }, atMs: 1 },
        { ...bob, claims: { groups: ['b'] }, atMs: 1 },
      ]);
      const found = await accessTokens.findAccessTokens(['d3', 'd0', 'd2', 'd1', 'd2']);
      expect(found.map((one) => one && [one.subject, one.claims, one.createdAtMs, one.expiresAtMs])).toEqual([
        ['nobody', {}, 1_000, 5_000],
        undefined,
        ['bob-1', { groups: ['b'] }, 1_000, 5_000],
        ['alice-1', { groups: ['a'] }, 1_000, 5_000],
        ['bob-1', { groups: ['b'] }, 1_000, 5_000],
      ]);
    });

    test('are deleted by their owner or by an admin, and everybody is told', async () => {
      const { accessTokens, credentials } = suite.store;
      const made = token('d1');
      await accessTokens.createAccessToken(made);
      const { revision: before } = await credentials.changesSince(0);
      expect(await accessTokens.deleteAccessToken(made.id, { issuerUrl: ALICE.issuerUrl, subject: 'bob-1' })).toBe(
        false,
      );
      expect((await credentials.changesSince(0)).revision).toBe(before);
      const other = await suite.open();
      const told = new Promise<number>((resolve) => other.credentials.onChange(resolve));
      expect(await accessTokens.deleteAccessToken(made.id, ALICE)).toBe(true);
      expect(await told).toBeGreaterThan(before);
      expect(await other.accessTokens.claimsOfAccessTokens([made.id])).toEqual([]);
      expect(await accessTokens.deleteAccessToken(made.id)).toBe(false);
    });

    test('remember their last use, never an earlier one, and go when they have expired', async () => {
      const { accessTokens } = suite.store;
      const [one, other] = [token('d1'), token('d2', { expiresAtMs: 9_000 })];
      await accessTokens.createAccessToken(one);
      await accessTokens.createAccessToken(other);
      await accessTokens.noteAccessTokensUsed([{ id: one.id, atMs: 3_000 }]);
      await accessTokens.noteAccessTokensUsed([{ id: one.id, atMs: 2_000 }]);
      const listed = await accessTokens.listAccessTokens({ issuerUrl: ALICE.issuerUrl, subject: ALICE.subject });
      expect(listed.map(({ lastUsedAtMs }) => lastUsedAtMs)).toEqual(
        listed[0]?.id === one.id ? [3_000, undefined] : [undefined, 3_000],
      );
      expect(JSON.stringify(listed)).not.toContain('"d1"');
      await accessTokens.deleteExpiredAccessTokens(5_000);
      expect(await accessTokens.claimsOfAccessTokens([one.id, other.id])).toEqual([{ id: other.id, claims: {} }]);
    });
  });

  describe('users', () => {
    test('are one row each, whoever sees them first and however often', async () => {
      const { users } = suite.store;
      const other = await suite.open();
      const seen = (atMs: number) => ({ ...ALICE, claims: { n: atMs }, atMs });
      await Promise.all([users.noteSeen([seen(1)]), other.users.noteSeen([seen(2)]), users.noteSeen([seen(3)])]);
      await users.noteSeen([{ ...seen(2), username: 'demo:renamed' }]);
      expect(await users.listUsers()).toMatchObject([
        { username: 'demo:renamed', subject: 'alice-1', lastSeenAtMs: 3 },
      ]);
    });

    test('that were here again and such as were never seen are noted together, by several at a time', async () => {
      const { users } = suite.store;
      const other = await suite.open();
      const people = Array.from({ length: 600 }, (_, at) => ({ ...ALICE, subject: `p-${at}`, username: `p${at}` }));
      const seen = (from: number, to: number, atMs: number) => people.slice(from, to).map((one) => ({ ...one, atMs }));
      await users.noteSeen([{ ...ALICE, ...people[0], claims: { groups: ['a'] }, atMs: 1 } as never]);
      await Promise.all([users.noteSeen(seen(0, 600, 5)), other.users.noteSeen(seen(0, 600, 6).toReversed())]);
      await users.noteSeen(seen(590, 600, 4));
      const listed = await users.listUsers();
      expect(listed).toHaveLength(600);
      expect(new Set(listed.map(({ lastSeenAtMs }) => lastSeenAtMs))).toEqual(new Set([6]));
      await suite.store.accessTokens.createAccessToken(token('d1', { subject: 'p-0' }));
      expect(await suite.store.accessTokens.findAccessToken('d1')).toMatchObject({ claims: { groups: ['a'] } });
    });

    test('are disabled and enabled, and everybody is told', async () => {
      const { users } = suite.store;
      await users.noteSeen([{ ...ALICE, atMs: 1 }]);
      const [{ id } = { id: '' }] = await users.listUsers();
      const other = await suite.open();
      const told = new Promise<number>((resolve) => other.credentials.onChange(resolve));
      expect(await users.setDisabled(randomUUID(), { atMs: 5, reason: 'x' })).toBe(false);
      expect(await users.setDisabled(id, { atMs: 5, reason: 'left' })).toBe(true);
      await told;
      expect(await other.users.listDisabled()).toEqual([{ issuerUrl: ALICE.issuerUrl, subject: ALICE.subject }]);
      expect(await users.getUser(id)).toMatchObject({ disabledAtMs: 5, disabledReason: 'left' });
      expect(await users.setDisabled(id, undefined)).toBe(true);
      expect(await users.listDisabled()).toEqual([]);
    });

    test('of two who disable each other at once, from two processes, one stays', async () => {
      const people = ['one', 'two'].map((subject) => ({ issuerUrl: 'https://issuer.example', subject }));
      const { users } = suite.store;
      const other = await suite.open();
      await users.noteSeen(people.map((person) => ({ ...person, issuer: 'demo', username: person.subject, atMs: 1 })));
      const idOf = async (subject: string): Promise<string> =>
        (await users.listUsers()).find((user) => user.subject === subject)?.id ?? '';
      const [one, two] = [await idOf('one'), await idOf('two')];
      const disabled = { atMs: 2, reason: '' };
      for (let round = 0; round < 10; round++) {
        const both = await Promise.allSettled([
          users.setDisabled(one, disabled, people[1]),
          other.users.setDisabled(two, disabled, people[0]),
        ]);
        const refused = both.filter(({ status }) => status === 'rejected');
        expect(refused).toMatchObject([{ reason: { code: 'userDisabled' } }]);
        expect(await users.listDisabled()).toHaveLength(1);
        for (const id of [one, two]) await users.setDisabled(id, undefined);
      }
    });
  });

  test('a session that ends is told to everybody, so that what it opened can be cut', async () => {
    const session = newSession();
    const cookie = await suite.store.sessions.create(session);
    const other = await suite.open();
    expect(await other.sessions.claimsOf([session.id, randomUUID()])).toEqual([
      { id: session.id, claims: session.claims },
    ]);
    const told = new Promise<number>((resolve) => other.credentials.onChange(resolve));
    await suite.store.sessions.delete(cookie);
    await told;
    expect(await other.sessions.claimsOf([session.id])).toEqual([]);
  });
});
