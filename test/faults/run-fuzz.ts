/**
 * Runs odd exchanges through gateways, and holds what their clients see to rules that are right whatever the upstream
 * sends. With two gateways, one of which leaves HTTP/1.1 to Node's server and undici, both must show a client the same.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestUpstream } from '../support/forward-upstream.ts';
import { findFreePort } from '../support/find-free-port.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';
import { runSql } from '../support/run-sql.ts';
import { startByteUpstream, type BytePeer, type ByteRequest, type ByteUpstream } from './byte-upstream.ts';
import { compareSeen } from './compare-seen.ts';
import { makeCase, type FuzzCase } from './fuzz-cases.ts';
import { RawClient, requestText, upgradeHeaders } from './raw-client.ts';
import { describeCase, judgeFuzzed, judgeFuzzLog, judgeFuzzRecords, type FuzzRow } from './judge-fuzz.ts';
import type { ReadResponse } from './read-responses.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly milliseconds: number;
  /** Serve without TLS. */
  readonly plain: boolean;
  /** Only this case. */
  readonly only?: number;
}

export interface FuzzResult {
  readonly problems: readonly string[];
  readonly cases: number;
  readonly compared: number;
  /** By what became of them: `whole complete`, `cut cut`, … */
  readonly tally: ReadonlyMap<string, number>;
}

/** So many at a time, so that one's bytes could reach another. */
const AT_ONCE = 16;
const SHORT_REQUEST_SECONDS = 1;
const RESPONSE_WITHIN_MS = 10_000;
/** A stalled stream is left after this: no limit is said to end it. */
const STALLED_MS = 300;
const MAX_PROBLEMS = 60;
/** A tunnel whose client has left ends within ten seconds. */
const RECORDS_WITHIN_MS = 13_000;
const RECORDS = `SELECT request_uri, stage, status_code, annotations FROM audit_events WHERE request_uri LIKE '%/clusters/one/%'`;
const DISTURBED = 'whole disturbed';

export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const fuzz = new Fuzz(options);
  try {
    await fuzz.start();
    await fuzz.run();
    return await fuzz.result();
  } finally {
    await fuzz.stop();
  }
}

class Fuzz {
  readonly #options: FuzzOptions;
  readonly #problems: string[] = [];
  readonly #tally = new Map<string, number>();
  readonly #cases = new Map<string, FuzzCase>();
  readonly #worlds: {
    readonly name: string;
    readonly world: ForwardWorld;
    readonly sent: Map<string, ReadResponse>;
  }[] = [];
  readonly #differing: number[] = [];
  #upstream: ByteUpstream | undefined;
  #logFrom: number[] = [];
  #compared = 0;
  /** One of the gateways has. */
  #ended = false;

  constructor(options: FuzzOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#upstream = await startByteUpstream((request, peer) => void this.#play(request, peer));
    for (const own of [true, false]) {
      const world = await startForwardWorld(
        { one: this.#upstream as unknown as TestUpstream },
        {
          GATEHOUSE_HTTP_OWN_HTTP1: String(own),
          GATEHOUSE_METRICS_LISTEN: `127.0.0.1:${await findFreePort()}`,
          GATEHOUSE_TIMEOUTS_SHORT_REQUEST_SECONDS: String(SHORT_REQUEST_SECONDS),
          GATEHOUSE_AUDIT_REFUSAL_BURST_PER_SOURCE: '1000000',
          ...(this.#options.plain ? { GATEHOUSE_TLS_DISABLED: 'true' } : {}),
        },
      );
      this.#worlds.push({ name: own ? 'own' : 'node', world, sent: new Map() });
      this.#logFrom.push(world.readLog().length);
      void world.gateway.exited.then(() => (this.#ended = true));
    }
  }

  async run(): Promise<void> {
    const { only, milliseconds } = this.#options;
    const end = performance.now() + milliseconds;
    let next = 0;
    const work = async (): Promise<void> => {
      while (performance.now() < end && this.#problems.length < MAX_PROBLEMS && this.#alive()) await this.#one(next++);
    };
    if (only !== undefined) await this.#one(only);
    else await Promise.all(Array.from({ length: AT_ONCE }, work));
    // By themselves: one that ends a connection may have been in another's way.
    for (const index of this.#differing) if (this.#alive()) await this.#compareAlone(index);
  }

  async result(): Promise<FuzzResult> {
    await sleep(500);
    for (const [index, { name, world, sent }] of this.#worlds.entries()) {
      for (const problem of judgeFuzzLog(world.readLog().slice(this.#logFrom[index])))
        this.#problem(`${name} ${problem}`);
      if (await exited(world)) this.#problem(`${name}: the process has ended`);
      else await this.#judgeRecords(name, world, sent);
    }
    const [disturbed, whole] = [DISTURBED, 'whole complete'].map((key) => this.#tally.get(key) ?? 0);
    if (disturbed! > 5 + whole! / 20) this.#problem(`${disturbed} whole responses became a 5xx, ${whole} came through`);
    return { problems: this.#problems, tally: this.#tally, cases: this.#cases.size, compared: this.#compared };
  }

  async stop(): Promise<void> {
    for (const { world } of this.#worlds) await world.stop();
    await this.#upstream?.stop();
  }

  #alive(): boolean {
    return !this.#ended;
  }

  async #one(index: number): Promise<void> {
    const fuzzCase = makeCase(this.#options.seed, index);
    this.#cases.set(fuzzCase.name, fuzzCase);
    const seen: ReadResponse[] = [];
    for (const each of this.#worlds) {
      const askedAtMs = performance.now();
      const response = await this.#ask(each.world, fuzzCase, '', each.sent);
      if (!response) return;
      seen.push(response);
      const isLate = performance.now() - askedAtMs >= SHORT_REQUEST_SECONDS * 1000;
      this.#judge(each.name, fuzzCase, response, isLate);
    }
    const [own, node] = seen as [ReadResponse, ReadResponse];
    const outcome = `${fuzzCase.kind} ${own.state === 'complete' ? (own.status === 502 ? '502' : 'complete') : own.state}`;
    this.#tally.set(outcome, (this.#tally.get(outcome) ?? 0) + 1);
    this.#compared++;
    if (compareSeen(fuzzCase, own, node) !== undefined) this.#differing.push(index);
  }

  /** Three times: what differs once was in another's way. */
  async #compareAlone(index: number): Promise<void> {
    const fuzzCase = makeCase(this.#options.seed, index);
    let difference: string | undefined;
    for (let attempt = 1; attempt <= 3; attempt++) {
      const seen: ReadResponse[] = [];
      for (const { world } of this.#worlds) {
        const response = await this.#ask(world, fuzzCase, `again=${attempt}`, new Map());
        if (!response) return;
        seen.push(response);
      }
      difference = compareSeen(fuzzCase, seen[0]!, seen[1]!);
      if (difference === undefined) return;
    }
    this.#problem(`own and node differ: ${difference}: ${describeCase(fuzzCase)}`);
  }

  /** @returns undefined where the gateway is gone. */
  async #ask(
    world: ForwardWorld,
    fuzzCase: FuzzCase,
    more: string,
    sent: Map<string, ReadResponse>,
  ): Promise<ReadResponse | undefined> {
    const { asking, client: leaving, name } = fuzzCase;
    const target = targetOf(fuzzCase) + (more === '' ? '' : `${fuzzCase.asking === 'proxy' ? '?' : '&'}${more}`);
    try {
      const client = await RawClient.connect(world);
      const upgrades = asking === 'websocket' || asking === 'SPDY/3.1';
      const body = asking === 'POST' ? `body of ${name}` : '';
      const method = asking === 'SPDY/3.1' ? 'POST' : asking === 'HEAD' || asking === 'POST' ? asking : 'GET';
      const headers = upgrades ? upgradeHeaders(asking) : body ? [`Content-Length: ${body.length}`] : [];
      client.send(requestText(world, target, { method, headers, body }), { isHead: asking === 'HEAD', upgrades });
      const stalls = fuzzCase.ending === 'stall' || fuzzCase.ending === 'keep';
      const streams = upgrades || asking === 'watch' || asking === 'proxy';
      let withinMs = stalls && streams && fuzzCase.kind !== 'whole' ? STALLED_MS : RESPONSE_WITHIN_MS;
      if (leaving === 'garbage behind') client.send('\x00garbage\r\n\r\n');
      if (leaving === 'slow') {
        client.socket.pause();
        await sleep(30);
        client.socket.resume();
      }
      if (leaving === 'reset in mid-response') await client.until(() => client.reader.begun, 200);
      if (leaving.startsWith('reset')) {
        if (leaving === 'reset while it waits') await sleep(Number.parseInt(name.slice(-1), 10));
        client.leave('reset');
      }
      if (leaving === 'ends its side') client.leave('end');
      if (client.reader.status === 101 || upgrades) {
        await client.until(() => client.reader.status === 101 || client.reader.responses.length > 0, withinMs);
        if (client.reader.status === 101) client.send(`bytes of ${name}`);
        if (fuzzCase.kind !== 'whole') withinMs = STALLED_MS;
      }
      const response = await client.response(withinMs);
      client.leave('destroy');
      sent.set(target, response);
      return response;
    } catch (error) {
      await sleep(20);
      if (!this.#ended) this.#problem(`cannot connect: ${String(error)}: ${describeCase(fuzzCase)}`);
      return undefined;
    }
  }

  #judge(gateway: string, fuzzCase: FuzzCase, seen: ReadResponse, isLate: boolean): void {
    const { problems, disturbed } = judgeFuzzed(fuzzCase, seen, isLate);
    for (const problem of problems)
      this.#problem(`${gateway}: ${problem} (${seen.state} ${seen.status}): ${describeCase(fuzzCase)}`);
    if (disturbed) this.#tally.set(DISTURBED, (this.#tally.get(DISTURBED) ?? 0) + 1);
  }

  /** What is still open is over when its linger is. */
  async #judgeRecords(gateway: string, world: ForwardWorld, sent: ReadonlyMap<string, ReadResponse>): Promise<void> {
    const end = performance.now() + RECORDS_WITHIN_MS;
    for (;;) {
      const rows = (await runSql({ sqlitePath: world.sqlitePath }, RECORDS)) as FuzzRow[];
      if (rows.some(({ stage }) => stage !== 'ResponseComplete') && performance.now() < end) await sleep(200);
      else {
        const find = (target: string): FuzzCase => this.#cases.get(/c\d{7}/.exec(target)?.[0] ?? '')!;
        for (const problem of judgeFuzzRecords(rows, sent, find)) this.#problem(`${gateway}: ${problem}`);
        return;
      }
    }
  }

  #problem(problem: string): void {
    this.#problems.push(problem);
  }

  async #play(request: ByteRequest, peer: BytePeer): Promise<void> {
    const fuzzCase = this.#cases.get(/c\d{7}/.exec(request.target)?.[0] ?? '');
    const { socket } = peer;
    if (!fuzzCase) return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    if (fuzzCase.asking === 'POST' && !fuzzCase.early) await request.body;
    if (fuzzCase.asking === 'websocket' || fuzzCase.asking === 'SPDY/3.1') {
      peer.onBytes(() => {});
      socket.on('end', () => socket.end());
    }
    for (const [index, piece] of fuzzCase.pieces.entries()) {
      if (index > 0) await sleep(2);
      socket.write(piece);
    }
    if (fuzzCase.ending === 'fin') socket.end();
    if (fuzzCase.ending === 'reset') {
      await sleep(1);
      peer.reset();
    }
  }
}

const exited = async (world: ForwardWorld): Promise<boolean> =>
  (await Promise.race([world.gateway.exited.then(() => true), sleep(10)])) === true;

const PODS = '/clusters/one/api/v1/namespaces/a/pods';
function targetOf({ asking, name }: FuzzCase): string {
  const named = `case=${name}`;
  if (asking === 'watch') return `${PODS}?watch=1&${named}`;
  if (asking === 'proxy') return `/clusters/one/api/v1/namespaces/a/services/web:80/proxy/${name}`;
  if (asking === 'websocket' || asking === 'SPDY/3.1') return `${PODS}/p/exec?command=sh&${named}`;
  return `${PODS}?${named}`;
}

export function describeFuzz(title: string, { cases, compared, tally, problems }: FuzzResult): string {
  const outcomes = [...tally.entries()].toSorted().map(([outcome, count]) => `${outcome} ${count}`);
  return `${title}: ${cases} cases, ${compared} compared with Node's, ${problems.length} problems; ${outcomes.join(', ')}`;
}
