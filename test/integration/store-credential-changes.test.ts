/** The people affected by each change of a session, an access token or a person, as every process reads them. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Affected } from '#identity';
import type { Store } from '#store';
import { describeStore } from '../support/describe-store.ts';
import { clusterObject, newSession, OTHER_KEY, saveCluster } from '../support/store-samples.ts';

const ISSUER = 'https://issuer.example';
const person = (subject: string) => ({ issuerUrl: ISSUER, subject });
const session = (subject: string) => newSession(person(subject));
const revisionOf = async (store: Store): Promise<number> => (await store.credentials.changesSince(0)).revision;

/** How many changes an act makes, and the subjects of the people that they affect. */
async function changesOf(store: Store, act: () => Promise<unknown>): Promise<[number, 'everyone' | string[]]> {
  const before = await revisionOf(store);
  await act();
  const { revision, affected } = await store.credentials.changesSince(before);
  return [revision - before, subjectsOf(affected)];
}
const subjectsOf = (affected: Affected): 'everyone' | string[] =>
  affected === 'everyone' ? affected : affected.map(({ subject }) => subject).toSorted();

describeStore('changes of credentials', (suite) => {
  test('affect the person whose session or token ended, or who was disabled, and not the configuration', async () => {
    const { store } = suite;
    const configuration = await store.objects.revision();
    const cookie = await store.sessions.create(session('alice'));
    expect(await changesOf(store, () => store.sessions.delete(cookie))).toEqual([1, ['alice']]);
    expect(await changesOf(store, () => store.sessions.delete(cookie))).toEqual([0, []]);

    for (const subject of ['bob', 'bob', 'carol'])
      await store.sessions.create({ ...session(subject), providerSessionId: 'one' } as never);
    expect(await changesOf(store, () => store.sessions.end({ issuerUrl: ISSUER }))).toEqual([1, ['bob', 'carol']]);
    expect(await changesOf(store, () => store.sessions.end({ issuerUrl: ISSUER }))).toEqual([0, []]);

    const id = randomUUID();
    await store.accessTokens.createAccessToken({
      id,
      name: 't',
      issuer: 'demo',
      ...person('dave'),
      username: 'dave',
      digest: 'd',
      narrowing: {},
      createdBy: 'dave',
      createdAtMs: 1,
      expiresAtMs: 2,
      origin: 'request',
    });
    expect(await changesOf(store, () => store.accessTokens.deleteAccessToken(id))).toEqual([1, ['dave']]);

    await store.users.noteSeen([{ issuer: 'demo', ...person('eve'), username: 'eve', atMs: 1 }]);
    const [user] = await store.users.listUsers();
    expect(await changesOf(store, () => store.users.setDisabled(user?.id ?? '', { atMs: 1, reason: '' }))).toEqual([
      1,
      ['eve'],
    ]);
    expect(await store.objects.revision()).toBe(configuration);
  });

  test('are none where the configuration changes', async () => {
    expect(await changesOf(suite.store, () => saveCluster(suite.store, clusterObject()))).toEqual([0, []]);
  });

  test('affect everyone beyond 500 people, in one change or in several', async () => {
    const { store } = suite;
    for (let at = 0; at < 501; at++) await store.sessions.create(session(`p-${at}`));
    const before = await revisionOf(store);
    expect(await changesOf(store, () => store.sessions.end({ issuerUrl: ISSUER, subject: 'p-0' }))).toEqual([
      1,
      ['p-0'],
    ]);
    const [, fiveHundred] = await changesOf(store, () => store.sessions.end({ issuerUrl: ISSUER }));
    expect(fiveHundred).toHaveLength(500);
    expect(subjectsOf((await store.credentials.changesSince(before)).affected)).toBe('everyone');

    for (let at = 0; at < 501; at++) await store.sessions.create(session(`p-${at}`));
    expect(await changesOf(store, () => store.sessions.end({ issuerUrl: ISSUER }))).toEqual([1, 'everyone']);
  }, 120_000);

  test('affect everyone for a reader that missed more than are kept, or knows a higher revision, and where rows are missing', async () => {
    const { store } = suite;
    const cookie = await store.sessions.create(session('alice'));
    await store.sessions.delete(cookie);
    const revision = await revisionOf(store);
    await suite.database.sql(`UPDATE revision SET revision = ${revision + 1_000} WHERE id = 2`);
    expect(subjectsOf((await store.credentials.changesSince(revision)).affected)).toBe('everyone');
    expect(subjectsOf((await store.credentials.changesSince(revision - 1)).affected)).toBe('everyone');
    expect(subjectsOf((await store.credentials.changesSince(revision + 1_001)).affected)).toBe('everyone');
    // The next change deletes the rows that no reader needs any more.
    await store.sessions.delete(await store.sessions.create(session('bob')));
    expect(await suite.database.sql('SELECT subject FROM credential_changes')).toEqual([{ subject: 'bob' }]);
  });

  test('affect everyone where values sealed with a lost key are discarded', async () => {
    await suite.store.sessions.create(session('alice'));
    await suite.store.close();
    const other = await suite.open({ key: { base64: OTHER_KEY }, allowLostKey: true });
    expect(await changesOf(other, () => other.sealing.discardLost())).toEqual([1, 'everyone']);
  });

  test('are numbered in the order of their commits, also by two at once', async () => {
    const { store } = suite;
    const other = await suite.open();
    const cookies = await Promise.all(Array.from({ length: 40 }, (_, at) => store.sessions.create(session(`p-${at}`))));
    const seen = new Set<string>();
    let known = await revisionOf(store);
    const read = async (): Promise<void> => {
      const { revision, affected } = await other.credentials.changesSince(known);
      expect(affected).toHaveLength(revision - known);
      known = revision;
      for (const { subject } of affected === 'everyone' ? [] : affected) seen.add(subject);
    };
    const ending = new Set(cookies);
    const ended = cookies.map(async (cookie, at) => {
      await (at % 2 === 0 ? store : other).sessions.delete(cookie);
      ending.delete(cookie);
    });
    while (ending.size > 0) await read();
    await Promise.all(ended);
    await read();
    expect(seen.size).toBe(40);
  });
});
