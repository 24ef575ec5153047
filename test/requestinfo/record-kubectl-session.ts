/**
 * Runs a kubectl session that uses every command against a real control plane, and writes what was asked into
 * kubectl-session.txt: below each command the requests that no command before it made, but for numbers and the like.
 * Run by hand where kubectl or its commands change; the file is reviewed, and the tests hold the parser to it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '../cluster/start-cluster.ts';
import { kubectlCommands } from './kubectl-commands.ts';
import { recordRequests } from './record-requests.ts';

const FILE = join(import.meta.dirname, 'kubectl-session.txt');

/** Numbers and random names apart, two requests are one. */
const shapeOf = (line: string): string =>
  line.replaceAll(/(?<=[-/=])[a-z0-9]*\d[a-z0-9]{3,}(?=[/?&-]|$)/g, '#').replaceAll(/\d+/g, '#');

const cluster = await startCluster({ log: (line) => console.error(line) });
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-kubectl-'));
const credential = await cluster.issueClientCertificate({ user: 'kubectl', groups: ['system:masters'] });
const recorder = await recordRequests(cluster.port, { ...credential, caPem: cluster.caPem });
try {
  const pem = (command: string): string =>
    execFileSync('openssl', command.split(' '), { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const csr = pem('req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj /CN=made');
  const out = [`# ${cluster.versions.kubectl}`];
  const seen = new Set<string>();
  for (const { line, input, env, stopAfterMs } of kubectlCommands(csr, folder)) {
    const before = recorder.requests.length;
    const args = ['--server', recorder.url, ...line.split(' ').map((word) => word.replaceAll('\u00a0', ' '))];
    const result = await cluster.kubectl(args, {
      kubeconfig: '/dev/null',
      timeoutSeconds: (stopAfterMs ?? 30_000) / 1000,
      ...(input === undefined ? {} : { input }),
      env: { HOME: mkdtempSync(join(folder, 'home-')), ...env },
    });
    console.error(`${result.code} kubectl ${line}${result.code > 0 ? `: ${result.stderr.trim().split('\n')[0]}` : ''}`);
    const fresh = recorder.requests
      .slice(before)
      .map((request) => request.join(' '))
      .filter((text) => !seen.has(shapeOf(text)) && seen.add(shapeOf(text)));
    out.push('', `# kubectl ${line.replaceAll('\u00a0', ' ').replaceAll(folder, '.')}`, ...fresh);
  }
  writeFileSync(FILE, `${out.join('\n')}\n`);
} finally {
  await recorder.stop();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
}
