import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { accessTokenDigest, createAccessToken } from '#identity';
import { openStore, type Store } from '#store';
import type { Caller } from '../people.ts';
import type { World } from '../world.ts';
import type { GatehousePeer } from './start-gatehouse.ts';

const HOUR_MS = 3600_000;
const LIFE_MS = 12 * HOUR_MS;

/** A session cookie for each person, made beside the running gateway, which looks sessions up in its database. */
export async function createSessions(world: World, people: readonly Caller[], peer: GatehousePeer): Promise<string[]> {
  return await withStore(world, peer, async (store) => {
    const nowMs = Date.now();
    const cookies: string[] = [];
    for (const person of people) {
      const cookie = await store.sessions.create({
        id: randomUUID(),
        ...issuerOf(world),
        subject: person.name,
        claims: claimsOf(person),
        createdAtMs: nowMs,
        lastSeenAtMs: nowMs,
        expiresAtMs: nowMs + LIFE_MS,
        idleTimeoutMs: HOUR_MS,
      });
      cookies.push(cookie);
    }
    return cookies;
  });
}

/** An access token for each person, who has been seen before, so that the token acts by known claims. */
export async function createTokens(world: World, people: readonly Caller[], peer: GatehousePeer): Promise<string[]> {
  return await withStore(world, peer, async (store) => {
    const nowMs = Date.now();
    const personOf = (person: Caller) => ({
      ...issuerOf(world),
      subject: person.name,
      username: `demo:${person.name}`,
    });
    await store.users.noteSeen(
      people.map((person) => ({ ...personOf(person), claims: claimsOf(person), atMs: nowMs })),
    );
    const tokens: string[] = [];
    for (const person of people) {
      const token = createAccessToken();
      await store.accessTokens.createAccessToken({
        ...personOf(person),
        id: randomUUID(),
        name: 'bench',
        digest: accessTokenDigest(token),
        narrowing: {},
        origin: 'request',
        createdBy: `demo:${person.name}`,
        createdAtMs: nowMs,
        expiresAtMs: nowMs + LIFE_MS,
      });
      tokens.push(token);
    }
    return tokens;
  });
}

const issuerOf = (world: World) => ({ issuer: 'bench', issuerUrl: world.issuer.url });

function claimsOf(person: Caller): Record<string, unknown> {
  const [, claims = ''] = person.token.split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
}

async function withStore<T>(world: World, peer: GatehousePeer, act: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({
    sqlitePath: peer.databaseFile,
    key: { base64: undefined, file: join(dirname(peer.databaseFile), 'encryption.key') },
    log: { info() {}, warn: world.log, error: world.log },
  });
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}
