/**
 * Loaded into the gateway (`--import`): gives it the rewritten modules, and throws in the function that the test has
 * armed. The test speaks to it over the channel by which the gateway says that it serves.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import type { Socket } from 'node:net';
import type { FaultPlan, FaultReport, FaultRequest } from './fault-process.ts';

const plan = JSON.parse(readFileSync(process.env.FAULT_PLAN ?? '', 'utf8')) as FaultPlan;
Error.stackTraceLimit = 30;
const hits = new Uint32Array(plan.functions);
let armed: { readonly id: number; readonly nth: number; readonly message: string } | undefined;

const hooked = globalThis as { faultPoint?: (id: number) => void };
hooked.faultPoint = (id) => {
  const hit = ++hits[id]!;
  if (armed?.id !== id || armed.nth !== hit) return;
  const { message } = armed;
  armed = undefined;
  const error = new Error(message);
  process.send?.({ fault: 'thrown', stack: error.stack ?? '' } satisfies FaultReport);
  throw error;
};

registerHooks({
  load(url, context, nextLoad) {
    const source = plan.sources[url];
    return source === undefined ? nextLoad(url, context) : { format: 'module', source, shortCircuit: true };
  },
});

/** Sockets that the process holds, by their ports; listening ones have no peer and are left out. */
function sockets(): readonly [local: number, remote: number][] {
  const { _getActiveHandles } = process as unknown as { _getActiveHandles(): unknown[] };
  return _getActiveHandles
    .call(process)
    .filter((handle): handle is Socket => typeof (handle as Socket).remotePort === 'number')
    .map(({ localPort, remotePort }) => [localPort ?? 0, remotePort ?? 0]);
}

if (isMainThread) {
  // The gateway itself ends in order, which takes time.
  process.on('uncaughtExceptionMonitor', (error) => {
    process.send?.({ fault: 'crashed', stack: error.stack ?? String(error) } satisfies FaultReport);
  });
  process.on('message', (request: FaultRequest) => {
    if (request.fault === undefined) return;
    const report: FaultReport = { fault: 'done', id: request.id };
    if (request.fault === 'arm') {
      hits.fill(0);
      armed = request.armed;
    } else if (request.fault === 'sockets') return void process.send?.({ ...report, sockets: sockets() });
    else if (request.fault === 'hits')
      return void process.send?.({ ...report, hits: [...hits.entries()].filter(([, count]) => count > 0) });
    process.send?.(report);
  });
}

// In the store's thread it would hold up the end.
if (plan.alsoImport && isMainThread) await import(plan.alsoImport);
