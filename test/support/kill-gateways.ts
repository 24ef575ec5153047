import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent } from '../cluster/cluster.ts';
import type { DemoGateway } from '../demo/start-demo-gateway.ts';
import { startDemoWorld, type DemoWorld } from '../demo/start-demo-world.ts';
import { startGateway, type RunningGateway } from '../demo/start-gateway.ts';
import { findFreePort } from './find-free-port.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';
import { runSql } from './run-sql.ts';
import { readWorkerPids } from './worker-clients.ts';

export interface KillSetup {
  readonly engine: 'SQLite' | 'PostgreSQL';
  readonly workers: 1 | 2;
}

export const KILL_SETUPS: readonly KillSetup[] = [
  { engine: 'SQLite', workers: 1 },
  { engine: 'SQLite', workers: 2 },
  { engine: 'PostgreSQL', workers: 1 },
  { engine: 'PostgreSQL', workers: 2 },
];

/** What the API server's own audit log says, held against the gateway's database. */
export interface KillTotals {
  readonly kills: number;
  readonly writes: number;
  readonly secretReads: number;
  /** Other reads, of which a kill may lose the newest. */
  readonly reads: number;
  /** Writes and reads of Secrets without a record, as `verb uri`. */
  readonly missing: readonly string[];
  readonly missingReads: number;
  /** Records that a later start completed as Panic. */
  readonly panics: number;
  /** Rows without an end after the last start. */
  readonly open: number;
}

export interface KillWorld {
  /** Kills a gateway again and again in the middle of a mixed load. */
  run(setup: KillSetup, kills: number, environment?: Record<string, string>): Promise<KillTotals>;
  stop(): Promise<void>;
}

const CONNECTIONS = 32;
/** A load is long enough for a kill in its middle; on a busy machine until so many requests have their responses. */
const LOAD_MS = 700;
const RESPONSES_A_LOAD = 150;
const LOAD_WITHIN_MS = 20_000;
/** A later start completes what was left open, a lost replica's rows once its heartbeats are missed. */
const COMPLETED_WITHIN_MS = 30_000;
const WRITE_VERBS = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const SELF_REVIEWS = /^selfsubject(?:access|rules)?reviews$/;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A real control plane, whose audit log says what arrived, and a real PostgreSQL. */
export async function startKillWorld(log: (line: string) => void): Promise<KillWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-kill-'));
  const world = await startDemoWorld({ directory, gatewayPorts: [], idTokenSeconds: 12 * 3600, log });
  let postgres: TestPostgres | undefined;
  let runs = 0;
  return {
    async run(setup, kills, environment = {}) {
      postgres ??= await startPostgres();
      runs += 1;
      const port = await findFreePort();
      const databaseUrl = setup.engine === 'PostgreSQL' ? await postgres.createDatabase() : undefined;
      const gateway = await world.startGateway({
        directory: `gateway-${runs}`,
        port,
        ...(databaseUrl ? { databaseUrl, encryptionKey: randomBytes(32).toString('base64') } : {}),
        environment: { GATEHOUSE_WORKERS: String(setup.workers), ...environment },
      });
      const where = databaseUrl ? { databaseUrl } : { sqlitePath: join(gateway.directory, 'data', 'gatehouse.db') };
      return await killAgainAndAgain(world, gateway, where, setup, kills, `kill-${runs}`);
    },
    async stop() {
      await world.stop();
      await postgres?.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function killAgainAndAgain(
  world: DemoWorld,
  gateway: DemoGateway,
  where: Parameters<typeof runSql>[0],
  { workers }: KillSetup,
  kills: number,
  userAgent: string,
): Promise<KillTotals> {
  let running: RunningGateway = gateway.running();
  const workerPids = (): number[] => [...readWorkerPids(running.readLog()).values()].filter(isAlive);
  const start = async (): Promise<void> => {
    running = await startGateway(gateway.environment, gateway.logFile);
  };
  for (let kill = 0; kill < kills; kill += 1) {
    const load = startLoad(gateway, userAgent, `${userAgent}-${kill}`);
    await load.reaches(RESPONSES_A_LOAD);
    const pids = workerPids();
    // In turn: every process, the supervisor alone, one worker.
    const what = workers === 1 ? 0 : kill % 3;
    if (what === 2) {
      process.kill(pids[0] as number, 'SIGKILL');
      // The load goes on with the other one for a while, and comes to the new one.
      await pause(LOAD_MS);
      await load.stop();
      continue;
    }
    if (what === 0 && workers > 1) for (const pid of [running.pid, ...pids]) process.kill(pid, 'SIGKILL');
    await running.kill();
    await load.stop();
    while (pids.some(isAlive)) await pause(50);
    await start();
  }
  // Once more all at once, so that the last word is what a crash leaves; then what was open is completed.
  for (const pid of workers > 1 ? workerPids() : []) process.kill(pid, 'SIGKILL');
  await running.kill();
  await start();
  await untilNoneOpen(where);
  const totals = await compare(world, where, userAgent);
  await running.stop();
  return { kills: kills + 1, ...totals };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Connections that each send one request after the other, whatever becomes of them. */
function startLoad(
  gateway: DemoGateway,
  userAgent: string,
  prefix: string,
): { reaches(responses: number): Promise<void>; stop(): Promise<void> } {
  const sent = { responses: 0 };
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const ca = readFileSync(gateway.caFile);
  const over = new AbortController();
  const isGoing = (): boolean => !over.signal.aborted;
  const send = (method: string, path: string, body?: object, type = 'application/json'): Promise<void> =>
    new Promise((resolve) => {
      const outbound = request(
        {
          host: '127.0.0.1',
          port: gateway.port,
          ca,
          agent,
          method,
          path,
          timeout: 10_000,
          headers: {
            authorization: `Bearer ${gateway.people.root.idToken}`,
            'user-agent': userAgent,
            ...(body ? { 'content-type': type } : {}),
          },
        },
        (response) => {
          sent.responses += 1;
          response.resume();
          response.on('close', resolve);
          response.on('error', () => resolve());
        },
      );
      outbound.on('error', () => resolve());
      outbound.on('timeout', () => outbound.destroy());
      outbound.end(body ? JSON.stringify(body) : undefined);
    });
  const base = '/api/v1/namespaces/team-b';
  const one = async (at: number): Promise<void> => {
    for (let round = 0; isGoing(); round += 1) {
      const name = `${prefix}-${at}-${round}`;
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { round: String(round) } };
      await send('POST', `${base}/configmaps`, object);
      if (isGoing())
        await send('PATCH', `${base}/configmaps/${name}`, { data: { more: 'x' } }, 'application/merge-patch+json');
      if (isGoing()) await send('GET', `${base}/secrets/none-${name}`);
      if (isGoing()) await send('GET', `${base}/configmaps/${name}`);
      if (isGoing()) await send('POST', `${base}/pods/web/exec?command=true&stdout=1`);
      if (isGoing() && at % 8 === 0) await send('GET', `${base}/secrets`);
      if (isGoing() && at % 8 === 1) await send('POST', `${base}/services/web/proxy/`, {});
      if (isGoing()) await send('DELETE', `${base}/configmaps/${name}`);
    }
  };
  const loops = Array.from({ length: CONNECTIONS }, (_, at) => one(at));
  return {
    async reaches(wanted) {
      const endMs = performance.now() + LOAD_WITHIN_MS;
      await pause(LOAD_MS + Math.random() * 200);
      while (sent.responses < wanted && performance.now() < endMs) await pause(10);
    },
    async stop() {
      over.abort();
      await Promise.all(loops);
      agent.destroy();
    },
  };
}

async function untilNoneOpen(where: Parameters<typeof runSql>[0]): Promise<void> {
  const endMs = performance.now() + COMPLETED_WITHIN_MS;
  const isOneOpen = async (): Promise<boolean> =>
    (await runSql(where, 'SELECT audit_id FROM audit_log WHERE completed_at_ms IS NULL LIMIT 1')).length > 0;
  while ((await isOneOpen()) && performance.now() < endMs) await pause(100);
}

async function compare(
  { cluster }: DemoWorld,
  where: Parameters<typeof runSql>[0],
  userAgent: string,
): Promise<Omit<KillTotals, 'kills'>> {
  const rows = (await runSql(where, 'SELECT audit_id, stage, completed_at_ms FROM audit_log')) as {
    audit_id: string;
    stage: string;
    completed_at_ms: unknown;
  }[];
  const recorded = new Set(rows.map((row) => row.audit_id));
  const arrived = new Map<string, AuditEvent>();
  for (const event of cluster.readAuditLog()) if (event.userAgent === userAgent) arrived.set(event.auditID, event);
  const counts = { writes: 0, secretReads: 0, reads: 0, missingReads: 0 };
  const missing: string[] = [];
  for (const [auditId, { verb, objectRef, requestURI }] of arrived) {
    const isWrite = WRITE_VERBS.has(verb) && !SELF_REVIEWS.test(objectRef?.resource ?? '');
    const isSecretRead = !isWrite && objectRef?.resource === 'secrets';
    counts[isWrite ? 'writes' : isSecretRead ? 'secretReads' : 'reads'] += 1;
    if (recorded.has(auditId)) continue;
    if (isWrite || isSecretRead) missing.push(`${verb} ${requestURI}`);
    else counts.missingReads += 1;
  }
  const panics = rows.filter(({ stage }) => stage === 'Panic').length;
  const open = rows.filter((row) => row.completed_at_ms === null).length;
  return { ...counts, missing, panics, open };
}
