/** A flood from people who are nobody (security.md I6): cheap, counted, and harmless to those who are somebody. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SESSION_COOKIE } from '#identity';
import { ask, connectTo, readAll } from '../support/small-client.ts';
import { cpuSecondsOf, flood, rssMibOf } from '../support/flood.ts';
import { createForeignKey, es256, forgeToken, goodParts } from '../support/identity-provider-forgeries.ts';
import { runSql } from '../support/run-sql.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const WORKERS = 2;
const BURST = 200;
const PER_MINUTE = 60;
const startedAt = Date.now();
let world: SmallWorld;
/** Refused requests of nobody, by the code that they must be counted under. */
const sent = new Map<string, number>();
const note = (code: string, count: number): void => void sent.set(code, (sent.get(code) ?? 0) + count);
const host = (): string => `Host: 127.0.0.1:${world.port}`;

beforeAll(async () => {
  world = await startSmallWorld({
    GATEHOUSE_WORKERS: String(WORKERS),
    GATEHOUSE_AUDIT_REFUSAL_BURST_PER_SOURCE: String(BURST),
    GATEHOUSE_AUDIT_REFUSALS_PER_MINUTE_PER_SOURCE: String(PER_MINUTE),
    GATEHOUSE_AUDIT_REFUSAL_INTERVAL_SECONDS: '1',
    GATEHOUSE_LIMITS_LOGINS_PER_MINUTE_PER_SOURCE: '30',
    // So that each made-up cookie is looked up: flood-credentials.test.ts shows the limit.
    GATEHOUSE_LIMITS_UNKNOWN_CREDENTIALS_PER_MINUTE_PER_SOURCE: '0',
    GATEHOUSE_LIMITS_UNKNOWN_CREDENTIALS_PER_MINUTE: '0',
    // Lets a test speak for many addresses.
    GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1',
  });
});
afterAll(() => world?.stop());

/** Asks as people until told to stop: known ones, and one that nobody has seen before, each time. */
async function workMeanwhile(act: () => Promise<void>): Promise<{ answers: number[]; people: number }> {
  const answers: number[] = [];
  let people = 0;
  const over = new AbortController();
  const alice = await world.tokenOf('alice');
  const work = async (name: string): Promise<void> => {
    while (!over.signal.aborted) {
      answers.push((await ask(world, '/api/v1/namespaces/team-a/pods', { token: alice })).status);
      const token = await world.tokenOf(`${name}-${people++}`);
      answers.push((await ask(world, '/api/v1/namespaces/team-a/pods', { token })).status);
    }
  };
  const workers = [work('ann'), work('ben')];
  await act();
  over.abort();
  await Promise.all(workers);
  return { answers, people };
}

describe('a flood without a valid credential', () => {
  test('keeps its status codes, costs little, and stops nobody', async () => {
    const before = rssMibOf(world.gateway.pid);
    const { answers } = await workMeanwhile(async () => {
      expect(await flood(world, 8_000, { headersOf: () => [host()] })).toEqual({ 401: 8_000 });
      note('notPresented', 8_000);
      expect(await flood(world, 5_000, { headersOf: (i) => [host(), `Authorization: Bearer nonsense-${i}`] })).toEqual({
        401: 5_000,
      });
      note('invalidCredential', 5_000);
      expect(await flood(world, 5_000, { headersOf: () => ['Host: rebound.example'] })).toEqual({ 421: 5_000 });
      note('misdirected', 5_000);
      expect(await flood(world, 2_000, { target: '/api/%2e%2e/v1', headersOf: () => [host()] })).toEqual({
        400: 2_000,
      });
      note('badPath', 2_000);
    });
    expect(answers.length).toBeGreaterThan(20);
    expect(new Set(answers)).toEqual(new Set([200]));
    const grown = rssMibOf(world.gateway.pid) - before;
    console.log(`RSS grew by ${grown.toFixed(0)} MiB over 20,000 refusals beside ${answers.length} answers`);
    expect(grown).toBeLessThan(150);
    expect((await ask(world, '/-/readyz')).status).toBe(200);
  });

  test('of tokens with made-up keys has the issuer’s keys fetched once a cooldown', async () => {
    const foreign = createForeignKey();
    const tokens = Array.from({ length: 200 }, () => {
      const { header, claims } = goodParts(world.provider, 'alice', {
        header: { kid: randomBytes(8).toString('hex') },
      });
      return forgeToken(header, claims, es256(foreign.privateKey));
    });
    const before = world.provider.keySetRequests();
    const { answers } = await workMeanwhile(async () => {
      const statuses = await flood(world, 4_000, {
        headersOf: (i) => [host(), `Authorization: Bearer ${tokens[i % tokens.length]}`],
      });
      expect(statuses).toEqual({ 401: 4_000 });
      note('invalidCredential', 4_000);
    });
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(world.provider.keySetRequests() - before).toBeLessThanOrEqual(WORKERS);
  });

  test('of session cookies that are none, and of bytes that are no HTTP, is no different', async () => {
    const { answers } = await workMeanwhile(async () => {
      const statuses = await flood(world, 1_000, {
        headersOf: () => [
          host(),
          'Sec-Fetch-Site: same-origin',
          `Cookie: ${SESSION_COOKIE}=${randomBytes(32).toString('base64url')}`,
        ],
      });
      expect(statuses).toEqual({ 401: 1_000 });
    });
    expect(new Set(answers)).toEqual(new Set([200]));
    note('invalidCredential', 1_000);
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 30 }, async () => {
          const socket = await connectTo(world);
          const text = readAll(socket);
          socket.write('THIS IS NO HTTP\r\n\r\n');
          expect(await text).toMatch(/^HTTP\/1\.1 400 /);
        }),
      );
    }
    note('badRequest', 300);
  });

  test('from very many addresses stays in bounded memory', async () => {
    const before = rssMibOf(world.gateway.pid);
    const { answers } = await workMeanwhile(async () => {
      const statuses = await flood(world, 15_000, {
        headersOf: (i) => [
          host(),
          i % 2
            ? `X-Forwarded-For: 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`
            : `X-Forwarded-For: 2001:db8:0:${i.toString(16)}::1`,
        ],
      });
      expect(statuses).toEqual({ 401: 15_000 });
      note('notPresented', 15_000);
    });
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(rssMibOf(world.gateway.pid) - before).toBeLessThan(100);
  });

  test('takes this much processor time a request (printed, not judged)', async () => {
    const kinds: readonly (readonly [string, string, (i: number) => readonly string[]])[] = [
      ['no credential', 'notPresented', () => [host()]],
      ['a bearer that is no token', 'invalidCredential', (i) => [host(), `Authorization: Bearer x${i}`]],
      ['another host', 'misdirected', () => ['Host: rebound.example']],
    ];
    for (const [what, code, headersOf] of kinds) {
      const before = cpuSecondsOf(world.gateway.pid);
      await flood(world, 5_000, { headersOf });
      note(code, 5_000);
      const micros = ((cpuSecondsOf(world.gateway.pid) - before) * 1e6) / 5_000;
      console.log(`CPU a refused request, ${what}: ${micros.toFixed(0)} µs`);
    }
  });
});

describe('a flood of logins', () => {
  test('is answered with 429 and Retry-After beyond the rate, and makes no row', async () => {
    const statuses: Record<string, number> = {};
    let retryAfter: string | undefined;
    for (let i = 0; i < 300; i++) {
      const answer = await ask(world, i % 2 ? '/-/auth/login?issuer=demo' : '/-/auth/callback?state=x&code=y');
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      if (answer.status === 429) retryAfter = answer.headers['retry-after'];
    }
    expect(statuses[429]).toBeGreaterThan(200);
    expect(statuses[302]).toBeGreaterThan(20);
    expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
    note('tooManyRequests', statuses[429] as number);
    note('badRequest', statuses[400] as number);
    expect(await runSql({ sqlitePath: world.sqlitePath }, 'SELECT * FROM sessions')).toEqual([]);
    // Another address logs in as if nothing were.
    const other = await ask(world, '/-/auth/login?issuer=demo', { headers: { 'x-forwarded-for': '192.0.2.99' } });
    expect(other.status).toBe(302);
  });

  test('does not stop what people do with the credential that they have', async () => {
    const token = await world.tokenOf('alice');
    expect((await ask(world, '/-/me', { token })).status).toBe(200);
  });
});

describe('afterwards', () => {
  test('the log has a bounded number of rows, whose counts are what was sent', async () => {
    const people = await world.auditRows("username <> ''");
    expect(people.length).toBeGreaterThan(40);
    expect(people.every((row) => row.decision === 'allow')).toBe(true);
    // What has been counted last is written when the gateway ends.
    await world.gateway.stop();
    const rows = await world.auditRows("username = ''");
    const counted = rows.filter((row) => row.annotations.count !== undefined);
    const perSource = Map.groupBy(counted, (row) => row.source_address);
    const minutes = (Date.now() - startedAt) / 60_000;
    const allowed = 10 * (BURST + PER_MINUTE * minutes);
    console.log(
      `${rows.length - counted.length} single and ${counted.length} counted rows from ${perSource.size} sources`,
    );
    expect(rows.length - counted.length).toBeLessThan(allowed);
    // One a source and interval.
    expect(perSource.get('127.0.0.1')!.length).toBeLessThan(minutes * 60 + 2);
    expect(Math.max(...[...perSource.values()].map((of) => of.length))).toBeLessThan(minutes * 60 + 2);
    const found = new Map<string, number>();
    for (const row of rows) {
      const codes = row.annotations.codes ?? `${row.annotations.code}=1`;
      for (const [, code = '', count] of codes.matchAll(/(\w+)=(\d+)/g))
        found.set(code, (found.get(code) ?? 0) + Number(count));
    }
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(sent));
    const [first] = counted;
    expect(Date.parse(first!.annotations.first!)).toBeLessThanOrEqual(Date.parse(first!.annotations.last!));
    expect(first!.reason).toContain('refused before anybody was identified');
  });

  test('the gateway’s own log has no line for each of them', () => {
    expect(world.gateway.readLog().split('\n').length).toBeLessThan(100);
  });
});
