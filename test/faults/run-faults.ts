/**
 * Runs every scenario once to learn which functions it calls and how often, and then again for each of them with that
 * function throwing once: in its first call, and in the long form also in a middle and in the last one.
 */
import { createRandom } from '../support/mutate-text.ts';
import type { FaultWorld } from './fault-world.ts';
import type { InstrumentedFunction } from './instrument.ts';
import { isUnread, type FaultFinding, type FaultResult } from './fault-report.ts';
import { isSame, judgeRecord, judgeSeen } from './judge-run.ts';
import { RawClient, requestText } from './raw-client.ts';
import { RESPONSE_WITHIN_MS, type Exchanged, type Scenario } from './scenario-parts.ts';
import { SCENARIOS } from './scenarios.ts';

export interface FaultOptions {
  readonly budgetMs: number;
  /** Which calls of a function throw. */
  readonly calls: 'first' | 'first, middle and last';
  readonly seed: number;
  /** Functions that are not made to throw. */
  readonly excluded: readonly ExcludedFunction[];
  readonly scenarios?: readonly Scenario[];
  /** After so many ends of the process the rest is not run. */
  readonly mostDeaths?: number;
}

/** A function that may not be made to throw, and why that is no gap. */
export interface ExcludedFunction {
  readonly file: RegExp;
  readonly name: RegExp;
  /** Only there; absent: everywhere. */
  readonly scenario?: RegExp;
  readonly why: string;
}

interface Planned {
  readonly scenario: Scenario;
  readonly fn: InstrumentedFunction;
  readonly call: number;
}

interface Run extends Planned {
  readonly exchanged: readonly Exchanged[];
  readonly message: string;
  readonly name: string;
  /** The fault came before the head of the request was read. */
  readonly unread: boolean;
}

/** The longest that the gateway itself lets a closing socket linger, and a little. */
const SOCKETS_WITHIN_MS = 7_000;
export async function runFaults(
  world: FaultWorld,
  functions: readonly InstrumentedFunction[],
  options: FaultOptions,
): Promise<FaultResult> {
  return await new FaultRunner(world, functions, options).run();
}

class FaultRunner {
  readonly #world: FaultWorld;
  readonly #functions: readonly InstrumentedFunction[];
  readonly #options: FaultOptions;
  readonly #findings: FaultFinding[] = [];
  readonly #right = new Map<Scenario, readonly Exchanged[]>();
  #runs = 0;
  #deaths = 0;
  #thrown = 0;
  /** Since the process was started: their records are looked up together. */
  #unjudged: Run[] = [];

  constructor(world: FaultWorld, functions: readonly InstrumentedFunction[], options: FaultOptions) {
    this.#world = world;
    this.#functions = functions;
    this.#options = options;
  }

  async run(): Promise<FaultResult> {
    const endMs = performance.now() + this.#options.budgetMs;
    const called = new Map<Scenario, ReadonlyMap<number, number>>();
    for (const scenario of this.#options.scenarios ?? SCENARIOS) called.set(scenario, await this.#learn(scenario));
    const reached = new Set([...called.values()].flatMap((calls) => [...calls.keys()]));
    const planned = this.#plan(called);
    const armed = new Set<number>();
    let done = 0;
    for (const each of planned) {
      if (performance.now() > endMs || this.#deaths >= (this.#options.mostDeaths ?? 30)) break;
      await this.#throwIn(each);
      armed.add(each.fn.id);
      done++;
    }
    await this.#judgeRecords();
    return {
      findings: this.#findings,
      reached: reached.size,
      armed: armed.size,
      planned: planned.length,
      done,
      thrown: this.#thrown,
      deaths: this.#deaths,
      unreached: this.#functions.filter(({ id }) => !reached.has(id)),
    };
  }

  /** Each function in one scenario first, then the other pairs in a random order, so that what the time leaves out differs. */
  #plan(called: ReadonlyMap<Scenario, ReadonlyMap<number, number>>): Planned[] {
    const random = createRandom(this.#options.seed);
    const pairs: Planned[] = [];
    for (const [scenario, calls] of called) {
      for (const [id, count] of calls) {
        const fn = this.#functions[id]!;
        if (this.#isExcluded(fn, scenario)) continue;
        const which = this.#options.calls === 'first' ? [1] : [1, Math.ceil(count / 2), count];
        for (const call of new Set(which)) pairs.push({ scenario, fn, call });
      }
    }
    const shuffled = pairs
      .map((pair) => ({ pair, at: (pair.scenario.slow ? 1 : 0) + random() }))
      .toSorted((one, other) => one.at - other.at)
      .map(({ pair }) => pair);
    const seen = new Set<number>();
    const first = shuffled.filter(({ fn, call }) => call === 1 && !seen.has(fn.id) && seen.add(fn.id));
    return [...new Set([...first, ...shuffled])];
  }

  #isExcluded(fn: InstrumentedFunction, scenario: Scenario): boolean {
    return this.#options.excluded.some(
      (each) =>
        each.file.test(fn.file) &&
        each.name.test(fn.name) &&
        (each.scenario === undefined || each.scenario.test(scenario.name)),
    );
  }

  async #learn(scenario: Scenario): Promise<ReadonlyMap<number, number>> {
    const world = this.#world;
    await world.faults.disarm();
    const { exchanged, clients } = await this.#exchange(scenario, this.#nextName());
    this.#right.set(scenario, exchanged);
    for (const client of clients) client.leave('destroy');
    const left = await world.leftSockets(SOCKETS_WITHIN_MS);
    const calls = await world.faults.hits();
    const problem = world.faults.alive
      ? (left ??
        exchanged
          .map(({ seen, left: gone }) =>
            !gone && (seen.state === 'hang' || seen.state === 'invalid') ? `${seen.state} ${seen.problem}` : '',
          )
          .join(''))
      : `the process ended: ${this.#lastWords()}`;
    if (problem !== '') this.#findings.push({ where: '(no fault)', scenario: scenario.name, call: 0, problem });
    if (!world.faults.alive || left) await this.#restart();
    return calls;
  }

  async #throwIn({ scenario, fn, call }: Planned): Promise<void> {
    const world = this.#world;
    const name = this.#nextName();
    const message = `planted fault ${name}`;
    const problems: string[] = [];
    const over = new AbortController();
    let probing: Promise<void> | undefined;
    let stack = '';
    // Quiet until the fault, so that it is the scenario's; busy from then on.
    const probe = async (): Promise<void> => {
      while (!over.signal.aborted && world.faults.alive && problems.length === 0) {
        problems.push(...(await world.bystanders.probe()).map((harmed) => `harms a bystander: ${harmed}`));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await world.faults.arm(fn.id, call, message, (thrownAt) => {
      stack = thrownAt;
      probing = probe();
    });
    const { exchanged, clients } = await this.#exchange(scenario, name);
    for (const client of clients) client.leave('destroy');
    // What is called when idle connections are closed is part of the scenario.
    await world.faults.hits();
    let left = await world.leftSockets(SOCKETS_WITHIN_MS, () => probing !== undefined);
    over.abort();
    await probing;
    if (!world.faults.alive) {
      this.#deaths++;
      this.#find({ scenario, fn, call }, `the process ended: ${this.#lastWords()}`);
      return await this.#restart();
    }
    await world.faults.disarm();
    const right = this.#right.get(scenario)!;
    if (probing) {
      this.#thrown++;
      for (const [index, each] of exchanged.entries()) {
        const problem = right[index] && judgeSeen(each, right[index]);
        if (problem) problems.push(problem);
      }
      if (problems.length === 0)
        problems.push(...(await world.bystanders.probe()).map((harmed) => `harms a bystander: ${harmed}`));
      const next = await this.#askOnce();
      if (next) problems.push(`the next request ${next}`);
      left = await world.leftSockets(SOCKETS_WITHIN_MS);
      this.#unjudged.push({ scenario, fn, call, exchanged, message, name, unread: isUnread(stack) });
    }
    if (left) problems.push(`leaves sockets open: ${left}`);
    for (const problem of problems) this.#find({ scenario, fn, call }, problem);
    if (problems.length > 0) await this.#restart();
  }

  async #exchange(scenario: Scenario, run: string): Promise<{ exchanged: Exchanged[]; clients: RawClient[] }> {
    const clients: RawClient[] = [];
    const { gateway: address, upstreams } = this.#world;
    const pending: Promise<RawClient>[] = [];
    const connect = (): Promise<RawClient> => {
      const client = RawClient.connect(address);
      pending.push(client);
      return client;
    };
    let exchanged: Exchanged[] = [];
    try {
      exchanged = await scenario.run({ address, upstreams, run, connect });
    } catch {
      // No connection: the requests for it were never sent.
    }
    // Others may be opened still, where one has failed.
    for (const each of await Promise.allSettled(pending)) if (each.status === 'fulfilled') clients.push(each.value);
    return { exchanged, clients };
  }

  async #askOnce(): Promise<string | undefined> {
    try {
      const client = await RawClient.connect(this.#world.gateway);
      client.send(requestText(this.#world.gateway, '/clusters/one/api/v1/namespaces/a/pods?do=sized&run=after'), {});
      const { state, status } = await client.response(RESPONSE_WITHIN_MS);
      client.leave('destroy');
      return state === 'complete' && status === 200 ? undefined : `ends as ${state} with ${status}`;
    } catch (error) {
      return `cannot connect: ${String(error)}`;
    }
  }

  /** Of all runs since the process was started, in one look at the database and the log. */
  async #judgeRecords(): Promise<void> {
    const runs = this.#unjudged;
    this.#unjudged = [];
    if (runs.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const rows = await this.#world.auditRows('run=r');
    const log = this.#world.gateway.readLog();
    for (const run of runs) {
      const right = this.#right.get(run.scenario)!;
      const own = rows.filter(({ request_uri }) => request_uri.includes(run.name));
      let { unread } = run;
      for (const [index, each] of run.exchanged.entries()) {
        const expected = right[index] ?? each;
        const problem = judgeRecord(each, expected, own, unread);
        // Requests behind it, on the same connection, were not read.
        unread = true;
        if (problem) this.#find(run, problem);
        else if (
          !each.left &&
          !isSame(each, expected) &&
          !log.includes(run.message) &&
          !JSON.stringify(own).includes(run.message)
        )
          this.#find(run, 'ends an exchange whose cause is neither in the log nor in a record');
      }
    }
  }

  async #restart(): Promise<void> {
    // What a dying process had not saved is lost: those before it are judged where it lives.
    if (this.#world.faults.alive) await this.#judgeRecords();
    this.#unjudged = [];
    await this.#world.restart();
  }

  #find({ scenario, fn, call }: Planned, problem: string): void {
    this.#findings.push({ where: `${fn.file}:${fn.line} ${fn.name}`, scenario: scenario.name, call, problem });
  }

  #nextName(): string {
    return `r${String(++this.#runs).padStart(6, '0')}`;
  }

  #lastWords(): string {
    const { faults, gateway } = this.#world;
    return faults.crashedAt?.split('\n').slice(0, 6).join('\n') ?? gateway.readLog().slice(-300);
  }
}
