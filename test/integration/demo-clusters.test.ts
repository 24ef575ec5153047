/** `npm run demo -- --clusters 2`, as it is: its lines are pasted into a shell. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rootOf } from '../demo/run-cli.ts';
import { until } from '../support/ask-gateway.ts';
import { findFreePort } from '../support/find-free-port.ts';

const SCRIPT = join(rootOf(), 'scripts/demo.ts');
const FILE = join(rootOf(), '.demo/demo.json');
const START_WITHIN_MS = 300_000;
let demo: ChildProcess;
let printed = '';
let said = '';

/** A line that was printed, as a person pastes it. */
function paste(pattern: RegExp): string {
  const line = printed.split('\n').find((each) => pattern.test(each));
  if (line === undefined) throw new Error(`no line ${String(pattern)} in ${printed}`);
  const { stdout, stderr, status } = spawnSync('/bin/sh', ['-c', line], { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`${line} exited ${status}: ${stderr}`);
  return stdout;
}

beforeAll(async () => {
  const port = await findFreePort();
  demo = spawn(process.execPath, ['--conditions=source', SCRIPT, '--clusters', '2'], {
    env: { ...process.env, GATEHOUSE_DEMO_PORT: String(port > 50_000 ? port - 10_000 : port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  demo.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  demo.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => printed.includes('Ctrl-C stops everything') || demo.exitCode !== null, START_WITHIN_MS, 'the demo');
  if (demo.exitCode !== null) throw new Error(`the demo ended with ${demo.exitCode}: ${said}`);
}, START_WITHIN_MS);
afterAll(() => {
  if (demo.exitCode === null) demo.kill('SIGKILL');
});

test.each([[['--clusters', '0']], [['--clusters', 'two']], [['--cluster']]])('%j is refused', (args) => {
  const run = spawnSync(process.execPath, ['--conditions=source', SCRIPT, ...args], { encoding: 'utf8' });
  expect([run.status, run.stderr]).toEqual([2, expect.stringContaining('--clusters <1 to 4>')]);
});

test('a second one from the same checkout is refused, and leaves the first as it is', () => {
  const run = spawnSync(process.execPath, ['--conditions=source', SCRIPT], { encoding: 'utf8' });
  expect([run.status, run.stderr]).toEqual([1, expect.stringContaining(`process ${demo.pid} runs already`)]);
  expect(existsSync(FILE)).toBe(true);
});

test('alice is impersonated on one cluster and a service account on the other, by one kubeconfig', () => {
  expect(paste(/--context demo auth whoami/)).toMatch(/Username\s+demo:alice\n/);
  expect(paste(/--context demo-2 auth whoami/)).toMatch(/Username\s+system:serviceaccount:team-a:alice\n/);
  expect(paste(/--context demo-2 -n team-a get pods/)).toMatch(/^web .*Running/m);
  expect(paste(/-n team-a get pods$/)).toMatch(/^web .*Running/m);
});

test('bin/gatehouse is shown with the configuration of the demo', () => {
  expect(paste(/bin\/gatehouse --config/)).toMatch(/ list team-a\/pods on demo\n[^]*\nALLOWED/);
  const { configFile } = JSON.parse(readFileSync(FILE, 'utf8')) as { configFile: string };
  expect(printed).toContain(`--config ${configFile} `);
});

test('they are two API servers: what is made on one is not on the other', () => {
  const { people } = JSON.parse(readFileSync(FILE, 'utf8')) as { people: { alice: { kubeconfig: string } } };
  const [kubectl = ''] = /\S*kubectl(?= --kubeconfig)/.exec(printed) ?? [];
  const run = (context: string, ...args: string[]) =>
    spawnSync(kubectl, ['--kubeconfig', people.alice.kubeconfig, '--context', context, '-n', 'team-a', ...args], {
      encoding: 'utf8',
    });
  expect(run('demo-2', 'create', 'configmap', 'only-there').status).toBe(0);
  expect(run('demo-2', 'get', 'configmap', 'only-there').status).toBe(0);
  expect(run('demo', 'get', 'configmap', 'only-there').stderr).toContain('NotFound');
});

test('Ctrl-C stops both, and leaves no file', async () => {
  demo.kill('SIGINT');
  await expect.poll(() => demo.exitCode, { timeout: 30_000 }).toBe(0);
  expect(said).toContain('nothing is left running');
  expect(existsSync(FILE)).toBe(false);
});

test('a port that is taken is told at once', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const run = spawnSync(process.execPath, ['--conditions=source', SCRIPT], {
    env: { ...process.env, GATEHOUSE_DEMO_PORT: String(port) },
    encoding: 'utf8',
  });
  taken.close();
  expect([run.status, run.stderr]).toEqual([1, expect.stringContaining(`port ${port} cannot be used`)]);
  expect(existsSync(FILE)).toBe(false);
});
