import { expect, test, vi } from 'vitest';
import type { Affected } from '#identity';
import type { UserStore } from '#login';
import { followPeople, type FollowPeoplePorts } from './follow-people.ts';

const ALICE = { issuerUrl: 'https://id.example', subject: 'alice' };
const BOB = { issuerUrl: 'https://id.example', subject: 'bob' };
type Disabled = Awaited<ReturnType<UserStore['listDisabled']>>;

/** A store whose reads of the set end when the test says so, each with what was stored when it began. */
async function follow() {
  let stored: Disabled = [];
  const reads: { end(): void; fail(): void }[] = [];
  let tell = (): void => {};
  let revision = 0;
  const affected: Affected = [ALICE, BOB];
  const listDisabled = (): Promise<Disabled> => {
    const read = stored;
    const { promise, resolve, reject } = Promise.withResolvers<Disabled>();
    reads.push({ end: () => resolve(read), fail: () => reject(new Error('the database is away')) });
    return promise;
  };
  const ports = {
    accessTokens: { findAccessTokens: () => Promise.resolve([]) },
    sessions: { findMany: () => Promise.resolve([]), noteSessionsUsed: () => Promise.resolve() },
    users: { listDisabled, noteSeen: () => Promise.resolve() },
    storedTokens: { noteStoredTokensUsed: () => Promise.resolve() },
    credentials: {
      changesSince: (known: number) => Promise.resolve({ revision, affected: known === revision ? [] : affected }),
      onChange(listener: () => void) {
        tell = listener;
        return () => {};
      },
    },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    now: () => 0,
  } as unknown as FollowPeoplePorts;
  const opening = followPeople(ports);
  await vi.waitFor(() => expect(reads).toHaveLength(1));
  reads[0]?.end();
  const people = await opening;
  const settle = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));
  const store = (set: Disabled): void => {
    stored = set;
    revision++;
  };
  return { people, reads, settle, store, tell: () => tell() };
}

test('a read that ends late does not let somebody in again whom a newer one has shut out', async () => {
  const { people, reads, settle, store, tell } = await follow();
  // Bob is disabled, and the read that this starts is slow; then Alice is disabled as well.
  store([BOB]);
  tell();
  store([ALICE, BOB]);
  const applied = people.refresh();
  await settle();
  // The newest first, as far as more than one is under way.
  for (const read of reads.slice(1).reverse()) read.end();
  await settle();
  for (const read of reads.slice(2)) read.end();
  await applied;
  expect(people.disabledPeople.has(ALICE.issuerUrl, ALICE.subject)).toBe(true);
  expect(people.disabledPeople.has(BOB.issuerUrl, BOB.subject)).toBe(true);
  await people.stop();
});

test('whoever asks during a read gets one that began later, many of them the same one, after a failed read too', async () => {
  const { people, reads, settle, store } = await follow();
  store([]);
  const first = people.refresh();
  first.catch(() => {});
  await settle();
  store([ALICE]);
  const later = [people.refresh(), people.refresh(), people.refresh()];
  await settle();
  expect(reads).toHaveLength(2);
  reads[1]?.fail();
  await expect(first).rejects.toThrow('away');
  await settle();
  expect(reads).toHaveLength(3);
  reads[2]?.end();
  await Promise.all(later);
  expect(people.disabledPeople.has(ALICE.issuerUrl, ALICE.subject)).toBe(true);
  await people.stop();
});

test('if the changes cannot be read, the credentials of everybody are looked up again', async () => {
  let away = false;
  const asked: string[] = [];
  const people = await followPeople({
    accessTokens: {
      findAccessTokens: (digests: readonly string[]) => {
        asked.push(...digests);
        return Promise.resolve(digests.map((digest) => ({ id: digest, ...(digest === 'a' ? ALICE : BOB) })));
      },
    },
    sessions: { findMany: () => Promise.resolve([]), noteSessionsUsed: () => Promise.resolve() },
    users: { listDisabled: () => Promise.resolve([]), noteSeen: () => Promise.resolve() },
    storedTokens: { noteStoredTokensUsed: () => Promise.resolve() },
    credentials: {
      changesSince: (known: number) =>
        away ? Promise.reject(new Error('away')) : Promise.resolve({ revision: known + 1, affected: [ALICE] }),
      onChange: () => () => {},
    },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    now: () => 0,
  } as unknown as FollowPeoplePorts);
  const notified: unknown[] = [];
  people.onChanged(async (affected) => void notified.push(affected));
  const find = async (): Promise<void> => {
    for (const digest of ['a', 'b']) await people.accessTokens.findAccessToken(digest);
  };
  await find();
  await people.refresh();
  expect(notified).toEqual([[ALICE]]);
  await find();
  expect(asked).toEqual(['a', 'b', 'a']);
  away = true;
  await expect(people.refresh()).rejects.toThrow('away');
  await find();
  expect(asked).toEqual(['a', 'b', 'a', 'a', 'b']);
  away = false;
  await people.refreshAll();
  await find();
  expect(asked.slice(5)).toEqual(['a', 'b']);
  await people.stop();
});
