import { spawnSync } from 'node:child_process';
import type { Binaries } from '../../test/cluster/build-binaries.ts';
import { findProgram } from './find-program.ts';
import type { Outcome } from './outcome.ts';

/** Asks each real part for its version and prints it: a green run says what it was green on. */
export function readPartVersions(binaries: Binaries | undefined): Outcome {
  const parts: readonly [name: string, program: string | undefined, args: readonly string[]][] = [
    ['node', process.execPath, ['--version']],
    ['go', findProgram('go'), ['version']],
    ['etcd', binaries?.etcd, ['--version']],
    ['kube-apiserver', binaries?.['kube-apiserver'], ['--version']],
    ['kube-controller-manager', binaries?.['kube-controller-manager'], ['--version']],
    ['kubectl', binaries?.kubectl, ['version', '--client']],
    ['kwok', binaries?.kwok, ['--version']],
    ['PostgreSQL', findProgram('postgres'), ['--version']],
    ['Chromium', findProgram('chromium'), ['--version', '--no-sandbox']],
    ['Java', findProgram('java'), ['--version']],
    ['curl', findProgram('curl'), ['--version']],
  ];
  const problems: string[] = [];
  for (const [name, program, args] of parts) {
    const answer = program ? spawnSync(program, args, { encoding: 'utf8', timeout: 30_000 }) : undefined;
    const version = answer?.status === 0 ? answer.stdout.trim().split('\n')[0] : undefined;
    console.log(`${name}: ${version ?? 'missing'}`);
    if (version === undefined) problems.push(`${name} does not tell its version`);
  }
  return { name: 'parts', passed: 0, failed: problems.length, problems };
}
