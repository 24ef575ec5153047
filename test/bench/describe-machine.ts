import { cpus, release, totalmem } from 'node:os';

/** Cores, processor, memory, kernel and Node, in a line; never a name of the machine. */
export function describeMachine(): string {
  const all = cpus();
  const gib = Math.round(totalmem() / 1024 ** 3);
  return `${all.length} × ${all[0]?.model ?? 'unknown processor'}, ${gib} GiB, Linux ${release()}, Node ${process.versions.node}`;
}
