import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCpuMicros, readMachineCpuMicros, readOwnCpuMicros } from './read-processes.ts';

const SETTLE_STEP_MS = 200;
/** Less than this in a step is a process at rest: 5 % of a core. */
const REST_MICROS = 10_000;
const MAX_STEPS = 50;

export interface Measured<T> {
  readonly result: T;
  readonly cpuMicros: number;
  /** Share of the machine (0 to 1) that was busy with something else meanwhile, which makes every number worse. */
  readonly foreignShare: number;
}

/**
 * Processor time, in microseconds, that the process and its descendants use for `act`: until it is over, and on until
 * they rest, so that what is put off (records waiting for the database) is paid for as well.
 * @param helpers other processes of the measurement, besides this one and the children that it waits for.
 */
export async function measureCpu<T>(
  pid: number,
  helpers: readonly number[],
  act: () => Promise<T>,
): Promise<Measured<T>> {
  const ours = (): number => readOwnCpuMicros() + helpers.reduce((sum, helper) => sum + readCpuMicros(helper), 0);
  const start = { at: performance.now(), machine: readMachineCpuMicros(), ours: ours(), cpu: readCpuMicros(pid) };
  const result = await act();
  const capacityMicros = (performance.now() - start.at) * 1000 * availableParallelism();
  let last = readCpuMicros(pid);
  const foreign = readMachineCpuMicros() - start.machine - (ours() - start.ours) - (last - start.cpu);
  for (let step = 0; step < MAX_STEPS; step++) {
    await sleep(SETTLE_STEP_MS);
    const now = readCpuMicros(pid);
    const atRest = now - last <= REST_MICROS;
    last = now;
    if (atRest) break;
  }
  return { result, cpuMicros: last - start.cpu, foreignShare: Math.max(0, foreign / capacityMicros) };
}
