/**
 * Prints where the time of `.cpuprofile` files went:
 *   node --conditions=source test/bench/profile/print-profile.ts <file> …
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { readFrames, selfTimes, type CpuProfile } from './read-profile.ts';

const SHOWN = 45;

for (const file of process.argv.slice(2)) {
  const root = readFrames(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile);
  console.log(`${basename(file)}: ${Math.round(root.totalMicros / 1000)} ms`);
  for (const { name, place, share } of selfTimes(root).slice(0, SHOWN))
    console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${name}  ${place}`);
}
