import { readFileSync } from 'node:fs';
import { Agent, request, type RequestOptions } from 'node:https';
import type { WorkerWorld } from './worker-world.ts';

export interface WorkerAnswer {
  readonly status: number;
  readonly auditId: string;
  readonly body: string;
}

/** One connection that stays open, and so stays with one worker. */
export interface WorkerConnection {
  send(target: string, options?: { method?: string; body?: string; token?: string }): Promise<WorkerAnswer>;
  close(): void;
}

export interface OpenWatch {
  readonly auditId: string;
  /** Events so far. */
  events(): number;
  /** Resolves when the connection is over, however. */
  readonly ended: Promise<void>;
}

const OWN = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1';

const optionsOf = (
  world: WorkerWorld,
  agent: Agent | false,
  target: string,
  token: string = world.token,
): RequestOptions => ({
  host: '127.0.0.1',
  port: world.port,
  ca: readFileSync(world.caFile),
  agent: agent as Agent,
  path: target,
  headers: { authorization: `Bearer ${token}` },
});

export function connectToWorker(world: WorkerWorld): WorkerConnection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    send: (target, { method = 'GET', body, token } = {}) =>
      new Promise((resolve, reject) => {
        const outbound = request({ ...optionsOf(world, agent, target, token), method }, (answer) => {
          let text = '';
          answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              auditId: String(answer.headers['audit-id'] ?? ''),
              body: text,
            }),
          );
        });
        outbound.on('error', reject);
        if (body !== undefined)
          outbound.setHeader('content-type', body.startsWith('{') ? 'application/json' : 'application/yaml');
        outbound.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** Opens a watch on a connection of its own, and waits for its first event. */
export function openWatch(world: WorkerWorld, namespace: string, token?: string): Promise<OpenWatch> {
  return new Promise((resolve, reject) => {
    const outbound = request(
      optionsOf(world, false, `/api/v1/namespaces/${namespace}/pods?watch=1`, token),
      (answer) => {
        let events = 0;
        const ended = new Promise<void>((over) => answer.on('close', over));
        answer.on('error', () => {});
        answer.on('data', (chunk: Buffer) => {
          events += chunk.toString().split('\n').length - 1;
          resolve({ auditId: String(answer.headers['audit-id']), events: () => events, ended });
        });
      },
    );
    outbound.on('error', reject);
    outbound.end();
  });
}

interface AuditEventView {
  readonly stage: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export async function readAuditEvent(connection: WorkerConnection, auditId: string): Promise<AuditEventView> {
  const { body } = await connection.send(`${OWN}/auditevents/${auditId}`);
  return JSON.parse(body) as AuditEventView;
}

/** How many records there are in a namespace, by worker. */
export async function countRecords(connection: WorkerConnection, namespace: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let next = '';
  do {
    const { body } = await connection.send(
      `${OWN}/auditevents?limit=1000&namespace=${namespace}&continue=${encodeURIComponent(next)}`,
    );
    const page = JSON.parse(body) as { items: AuditEventView[]; metadata: { continue?: string } };
    for (const { annotations } of page.items) {
      const worker = workerOf(annotations);
      counts.set(worker, (counts.get(worker) ?? 0) + 1);
    }
    next = page.metadata.continue ?? '';
  } while (next);
  return counts;
}

const workerOf = (annotations: Readonly<Record<string, string>>): string =>
  (annotations['gatehouse.dev/served-by'] ?? '').replace(/^.*\//, '');

/** The number of the worker that served a request. */
export async function servedBy(connection: WorkerConnection, auditId: string): Promise<string> {
  return workerOf((await readAuditEvent(connection, auditId)).annotations);
}

/** Connections until `each` are open to every one of `workers`; which connection goes where is the kernel's choice. */
export async function connectToEach(
  world: WorkerWorld,
  workers: readonly string[],
  each: number,
): Promise<Map<string, WorkerConnection[]>> {
  const found = new Map(workers.map((worker) => [worker, [] as WorkerConnection[]]));
  for (let tries = 0; [...found.values()].some((list) => list.length < each); tries += 1) {
    if (tries === 200) throw new Error(`200 connections did not reach every worker of ${workers.join(', ')}`);
    const connection = connectToWorker(world);
    const { auditId } = await connection.send('/version');
    const list = found.get(await servedBy(connection, auditId));
    if (list && list.length < each) list.push(connection);
    else connection.close();
  }
  return found;
}

/** Process ids of the workers that have served, newest last, as a gateway's log tells them. */
export function readWorkerPids(log: string): Map<string, number> {
  const lines = log.split('\n');
  const pids = new Map<string, number>();
  for (const line of lines) {
    if (!line.startsWith('{')) continue;
    const { message, worker, pid } = JSON.parse(line) as { message: string; worker?: number; pid?: number };
    if (message === 'serving' && worker !== undefined && pid !== undefined) pids.set(String(worker), pid);
  }
  return pids;
}
