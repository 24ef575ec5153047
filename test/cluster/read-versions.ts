import { spawnSync } from 'node:child_process';
import type { Binaries } from './build-binaries.ts';
import type { Cluster } from './cluster.ts';

const questions = {
  etcd: ['--version'],
  'kube-apiserver': ['--version'],
  'kube-controller-manager': ['--version'],
  kubectl: ['version', '--client'],
  kwok: ['--version'],
} as const;

/** Asks each binary for its version; the first line of its answer. */
export function readVersions(binaries: Binaries): Cluster['versions'] {
  const answers = Object.entries(questions).map(([name, args]) => {
    const answer = spawnSync(binaries[name as keyof typeof questions], args, { encoding: 'utf8', timeout: 20_000 });
    return [name, answer.stdout.split('\n')[0] ?? ''];
  });
  return Object.fromEntries(answers) as Cluster['versions'];
}
