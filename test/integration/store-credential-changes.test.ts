/** Whom each change of a session, an access token or a person concerns, as every process of every gateway reads it. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Concerned } from '#identity';
import type { Store } from '#store';
import { describeStore } from '../support/describe-store.ts';
import { clusterObject, newSession, OTHER_KEY, saveCluster } from '../support/store-samples.ts';

const ISSUER = 'https://issuer.example';
const person = (subject: string) => ({ issuerUrl: ISSUER, subject });
const session = (subject: string) => newSession(person(subject));
const revisionOf = async (store: Store): Promise<number> => (await store.credentials.changesSince(0)).revision;

/** Whom the changes of an act concern, by subject, and how many changes they are. */
async function changesOf(store: Store, act: () => Promise<unknown>): Promise<[number, 'everyone' | string[]]> {
  const before = await revisionOf(store);
  await act();
  const { revision, concerned } = await store.credentials.changesSince(before);
  return [revision - before, subjectsOf(concerned)];
}
const subjectsOf = (concerned: Concerned): 'everyone' | string[] =>
  concerned === 'everyone' ? concerned : concerned.map(({ subject }) => subject).toSorted();

describeStore('changes of credentials', (suite) => {
  test('concern the person whose session or token ended, or who was disabled, and no configuration', async () => {
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

  test('concern everyone where they are of more than 500 people, together or at once', async () => {
    const { store } = suite;
    for (let at = 0; at < 501; at++) await store.sessions.create(session(`p-${at}`));
    const before = await revisionOf(store);
    expect(await changesOf(store, () => store.sessions.end({ issuerUrl: ISSUER, subject: 'p-0' }))).toEqual([
      1,
      ['p-0'],
    ]);
    const [, fiveHundred] = await changesOf(store, () => store.sessions.end({ issuerUrl: ISSUER }));
    expect(fiveHundred).toHaveLength(500);
    expect(subjectsOf((await store.credentials.changesSince(before)).concerned)).toBe('everyone');

    for (let at = 0; at < 501; at++) await store.sessions.create(session(`p-${at}`));
    expect(await changesOf(store, () => store.sessions.end({ issuerUrl: ISSUER }))).toEqual([1, 'everyone']);
  }, 120_000);

  test('concern everyone for whom has missed more than are kept, or knows of more than there are', async () => {
    const { store } = suite;
    const cookie = await store.sessions.create(session('alice'));
    await store.sessions.delete(cookie);
    const revision = await revisionOf(store);
    await suite.database.sql(`UPDATE revision SET revision = ${revision + 1_000} WHERE id = 2`);
    expect(subjectsOf((await store.credentials.changesSince(revision)).concerned)).toEqual([]);
    expect(subjectsOf((await store.credentials.changesSince(revision - 1)).concerned)).toBe('everyone');
    expect(subjectsOf((await store.credentials.changesSince(revision + 1_001)).concerned)).toBe('everyone');
    // The next change drops what nobody is told any more.
    await store.sessions.delete(await store.sessions.create(session('bob')));
    expect(await suite.database.sql('SELECT subject FROM credential_changes')).toEqual([{ subject: 'bob' }]);
  });

  test('concern everyone where a lost key took what was sealed', async () => {
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
      const { revision, concerned } = await other.credentials.changesSince(known);
      expect(concerned).toHaveLength(revision - known);
      known = revision;
      for (const { subject } of concerned === 'everyone' ? [] : concerned) seen.add(subject);
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
