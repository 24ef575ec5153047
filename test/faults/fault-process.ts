/** The test's side of the preload: starts a gateway whose modules are rewritten, arms its functions, asks what was called. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningGateway } from '../demo/start-gateway.ts';
import type { Instrumented } from './instrument.ts';

/** What the preload reads at its start. */
export interface FaultPlan {
  readonly functions: number;
  readonly sources: Readonly<Record<string, string>>;
  /** URL of a module to load beside the gateway's own. */
  readonly alsoImport?: string | undefined;
}

export interface FaultRequest {
  readonly fault?: 'arm' | 'sockets' | 'hits';
  readonly id: number;
  /** The `nth` call from now on throws; absent: nothing does, and calls are counted from now on. */
  readonly armed?: { readonly id: number; readonly nth: number; readonly message: string };
}

export interface FaultReport {
  readonly fault: 'done' | 'thrown' | 'crashed';
  readonly id?: number;
  /** Where it was thrown. */
  readonly stack?: string;
  readonly sockets?: readonly [local: number, remote: number][];
  readonly hits?: readonly [id: number, count: number][];
}

/** Writes the plan; its variables make a gateway load the preload. */
export function planFaults(
  { functions, sources }: Instrumented,
  alsoImport?: string,
): { environment: Record<string, string>; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-faults-'));
  const file = join(folder, 'plan.json');
  const plan: FaultPlan = { functions: functions.length, sources, alsoImport };
  writeFileSync(file, JSON.stringify(plan));
  return {
    environment: { FAULT_PLAN: file, NODE_OPTIONS: `--import=${new URL('preload.ts', import.meta.url).href}` },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const REPORT_WITHIN_MS = 5_000;

export class FaultChannel {
  readonly #gateway: RunningGateway;
  readonly #waiting = new Map<number, (report: FaultReport) => void>();
  #next = 1;
  #onThrown: ((stack: string) => void) | undefined;
  alive = true;
  /** Where the exception was thrown that nothing caught. */
  crashedAt: string | undefined;

  constructor(gateway: RunningGateway) {
    this.#gateway = gateway;
    gateway.channel.on('message', (report: Partial<FaultReport>) => {
      if (report.fault === 'thrown') this.#onThrown?.(report.stack ?? '');
      else if (report.fault === 'crashed') this.#end(report.stack);
      else if (report.id !== undefined) this.#waiting.get(report.id)?.(report as FaultReport);
    });
    void gateway.exited.then(() => this.#end(undefined));
  }

  #end(stack: string | undefined): void {
    this.alive = false;
    this.crashedAt ??= stack;
    for (const settle of this.#waiting.values()) settle({ fault: 'done' });
  }

  /** Counts from now on, and throws in the `nth` call of this function; `onThrown` is called when it has. */
  async arm(id: number, nth: number, message: string, onThrown: (stack: string) => void): Promise<void> {
    this.#onThrown = onThrown;
    await this.#ask({ fault: 'arm', armed: { id, nth, message } });
  }

  /** Nothing throws; calls are counted from now on. */
  async disarm(): Promise<void> {
    await this.#ask({ fault: 'arm' });
  }

  async hits(): Promise<ReadonlyMap<number, number>> {
    return new Map((await this.#ask({ fault: 'hits' })).hits);
  }

  /** Ports of all sockets that the gateway holds. */
  async sockets(): Promise<readonly (readonly [local: number, remote: number])[]> {
    return (await this.#ask({ fault: 'sockets' })).sockets ?? [];
  }

  #ask(request: Omit<FaultRequest, 'id'>): Promise<FaultReport> {
    const id = this.#next++;
    if (!this.alive) return Promise.resolve({ fault: 'done' });
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`the gateway did not report within ${REPORT_WITHIN_MS} ms: its event loop is held`));
      }, REPORT_WITHIN_MS);
      this.#waiting.set(id, (report) => {
        clearTimeout(late);
        this.#waiting.delete(id);
        resolve(report);
      });
      this.#gateway.channel.send({ ...request, id }, () => {});
    });
  }
}
