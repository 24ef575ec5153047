/** A gateway that can be made to throw, its upstreams and bystanders; started again after a fault has ended it. */
import { findFreePort } from '../support/find-free-port.ts';
import type { TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';
import { runSql } from '../support/run-sql.ts';
import { Bystanders } from './bystanders.ts';
import { FaultChannel, planFaults } from './fault-process.ts';
import type { Instrumented } from './instrument.ts';
import { MAX_BODY_BYTES, SHORT_REQUEST_SECONDS } from './scenario-parts.ts';
import { startScriptedUpstreams, type ScriptedUpstreams } from './scripted-upstreams.ts';

export interface AuditRow {
  readonly request_uri: string;
  readonly stage: string;
  readonly status_code: number;
  readonly reason: string;
  readonly annotations: string;
  readonly audit_id: string;
}

/** Sockets that the gateway holds while only the bystanders are there: the plain one's connection to its upstream idles, and is closed. */
const QUIET = '3 sockets of clients, 2 to upstreams';
/** On a busy machine. */
const QUIET_WITHIN_MS = 10_000;

export class FaultWorld {
  readonly upstreams: ScriptedUpstreams;
  readonly #instrumented: Instrumented;
  readonly #plain: boolean;
  readonly #alsoImport: string | undefined;
  #plan: ReturnType<typeof planFaults> | undefined;
  #world: ForwardWorld | undefined;
  #faults: FaultChannel | undefined;
  #bystanders: Bystanders | undefined;
  starts = 0;

  private constructor(instrumented: Instrumented, upstreams: ScriptedUpstreams, plain: boolean, alsoImport?: string) {
    this.#instrumented = instrumented;
    this.upstreams = upstreams;
    this.#plain = plain;
    this.#alsoImport = alsoImport;
  }

  /** @param options `plain`: it serves without TLS; `alsoImport`: URL of a module to load into it. */
  static async start(
    instrumented: Instrumented,
    { plain = false, alsoImport }: { readonly plain?: boolean; readonly alsoImport?: string } = {},
  ): Promise<FaultWorld> {
    const world = new FaultWorld(instrumented, await startScriptedUpstreams(), plain, alsoImport);
    await world.#open();
    return world;
  }

  get gateway(): ForwardWorld {
    return this.#world!;
  }

  get faults(): FaultChannel {
    return this.#faults!;
  }

  get bystanders(): Bystanders {
    return this.#bystanders!;
  }

  async restart(): Promise<void> {
    this.#bystanders?.close();
    if (!this.faults.alive) await this.#world?.gateway.kill();
    await this.#world?.stop();
    await this.#open();
  }

  /**
   * Closes what idles and waits until the gateway holds no sockets but the bystanders'. @returns what it holds beside them.
   * @param isOver nothing is closed, and nothing is waited for any more.
   */
  async leftSockets(withinMs: number, isOver = (): boolean => false): Promise<string | undefined> {
    const end = performance.now() + withinMs;
    for (;;) {
      const held = await this.#sockets();
      if (held === QUIET || !this.faults.alive || isOver()) return undefined;
      if (performance.now() > end) return `${held}, where ${QUIET} are the bystanders'`;
      this.upstreams.closeIdle();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Records of these targets; what has ended is there after the queue's interval. */
  async auditRows(uriPart: string): Promise<AuditRow[]> {
    const rows = await runSql(
      { sqlitePath: this.gateway.sqlitePath },
      `SELECT request_uri, stage, status_code, reason, annotations, audit_id FROM audit_events WHERE request_uri LIKE '%${uriPart}%'`,
    );
    return rows as AuditRow[];
  }

  async stop(): Promise<void> {
    this.#bystanders?.close();
    await this.#world?.stop();
    await this.upstreams.stop();
    this.#plan?.remove();
  }

  async #open(): Promise<void> {
    this.#plan?.remove();
    this.#plan = planFaults(this.#instrumented, this.#alsoImport);
    const down = { ...this.upstreams.three, port: await findFreePort() };
    const { one, two, three } = this.upstreams;
    this.#world = await startForwardWorld(
      { one: one as unknown as TestUpstream, two, three, down },
      {
        ...this.#plan.environment,
        GATEHOUSE_METRICS_LISTEN: `127.0.0.1:${await findFreePort()}`,
        GATEHOUSE_TIMEOUTS_SHORT_REQUEST_SECONDS: String(SHORT_REQUEST_SECONDS),
        GATEHOUSE_LIMITS_MAX_BODY_BYTES: String(MAX_BODY_BYTES),
        GATEHOUSE_OUTBOUND_INSECURE_ALLOW_LOOPBACK: 'true',
        ...(this.#plain ? { GATEHOUSE_TLS_DISABLED: 'true' } : {}),
      },
    );
    this.#faults = new FaultChannel(this.#world.gateway);
    this.#bystanders = await Bystanders.open(this.#world, this.upstreams);
    this.starts++;
    const left = await this.leftSockets(QUIET_WITHIN_MS);
    if (left) throw new Error(`the gateway does not become quiet: ${left}`);
  }

  async #sockets(): Promise<string> {
    const sockets = await this.faults.sockets();
    const inbound = sockets.filter(([local]) => local === this.gateway.port).length;
    const ports = new Set([this.upstreams.one.port, this.upstreams.two.port, this.upstreams.three.port]);
    const upstream = sockets.filter(([, remote]) => ports.has(remote)).length;
    return `${inbound} sockets of clients, ${upstream} to upstreams`;
  }
}
