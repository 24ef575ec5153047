import { expect, it } from 'vitest';
import { collectYoungAfter } from './collect-young.ts';

const PIECE = 16 * 1024;
const MIB = 1024 * 1024;

/** As a tunnel does: a buffer a TLS record, of which two are held. */
function pass(mib: number, told: (bytes: number) => void): number {
  const held: Buffer[] = [];
  let most = 0;
  for (let i = 0; i < (mib * MIB) / PIECE; i++) {
    held[i % 2] = Buffer.allocUnsafeSlow(PIECE);
    told(PIECE);
    if (i % 64 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  return most;
}

it('frees buffers that passed through before V8 counts them as pressure', () => {
  collectYoungAfter(8 * MIB);
  const before = process.memoryUsage().arrayBuffers;
  const most = pass(400, collectYoungAfter) - before;
  console.log(`${Math.round(most / MIB)} MiB at most`);
  expect(most).toBeLessThan(48 * MIB);
});

it('would be seen not to', () => {
  const before = process.memoryUsage().arrayBuffers;
  const most = pass(400, () => {}) - before;
  console.log(`${Math.round(most / MIB)} MiB without`);
  expect(most).toBeGreaterThan(48 * MIB);
});
