/**
 * `policy import-kubectl-proxy` beside the real kubectl proxy: what its model of the flags says is what kubectl proxy
 * does, and nothing that kubectl proxy refuses is allowed by the rules. Behind the proxy stands a server that does nothing.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importKubectlProxy, PROXY_DEFAULTS, readOldFilter, samplePaths, type ProxyFlags } from '#advice';
import { parseManifests } from '#resources';
import { tryCli } from '../demo/run-cli.ts';
import { world } from './world.ts';

const FLAGS: readonly (readonly [line: string, flags: Partial<ProxyFlags>])[] = [
  ['', {}],
  ['--accept-paths=/api/v1/pods', { acceptPaths: '/api/v1/pods' }],
  [
    '--accept-paths=^/api/v1/namespaces/team-a/,^/version$ --reject-methods=POST,PUT,PATCH,DELETE',
    { acceptPaths: '^/api/v1/namespaces/team-a/,^/version$', rejectMethods: 'POST,PUT,PATCH,DELETE' },
  ],
  [
    '--reject-paths=secrets|configmaps,nodes$ --reject-methods=^P',
    { rejectPaths: 'secrets|configmaps,nodes$', rejectMethods: '^P' },
  ],
  [
    '--accept-paths=(?i)^/API/.*pods$,/apis --accept-hosts=.*',
    { acceptPaths: '(?i)^/API/.*pods$,/apis', acceptHosts: '.*' },
  ],
  ['--api-prefix=/k8s --reject-paths=', { apiPrefix: '/k8s', rejectPaths: '' }],
  ['--api-prefix=/api', { apiPrefix: '/api' }],
  ['--disable-filter', { disableFilter: true }],
];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];

const nothing = createServer((_request, response) => response.end('{}'));
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
let kubeconfig = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => nothing.listen(0, '127.0.0.1', resolve));
  kubeconfig = join(world().directory, 'nothing.kubeconfig');
  const server = `http://127.0.0.1:${(nothing.address() as AddressInfo).port}`;
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'x',
      clusters: [{ name: 'x', cluster: { server } }],
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      users: [{ name: 'x', user: {} }],
    }),
  );
});
afterAll(() => {
  agent.destroy();
  nothing.closeAllConnections();
  nothing.close();
});

async function withProxy<T>(flags: string, act: (port: number) => Promise<T>): Promise<T> {
  const child = spawn(
    world().kubectlPath,
    ['--kubeconfig', kubeconfig, 'proxy', '--port=0', ...flags.split(' ').filter(Boolean)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        const [, found] = /serve on 127\.0\.0\.1:(\d+)/.exec(chunk.toString()) ?? [];
        if (found) resolve(Number(found));
      });
      child.once('exit', () => reject(new Error('kubectl proxy ended')));
    });
    return await act(port);
  } finally {
    child.kill('SIGKILL');
  }
}

/** Whether kubectl proxy sends it on. */
const passes = (port: number, method: string, path: string, host: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ agent, host: '127.0.0.1', port, method, path, headers: { host } }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode === 200));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });

describe.each(FLAGS)('kubectl proxy %s', (line, more) => {
  const flags = { ...PROXY_DEFAULTS, ...more };
  it('lets through what its model says, and the rules allow nothing else', async () => {
    const read = readOldFilter(flags);
    if (!read.ok) throw new Error(read.problems.join());
    const { filter } = read;
    const prefix = flags.apiPrefix === '/k8s' ? '/k8s' : '';
    const words = [...filter.acceptPaths, ...filter.rejectPaths].map(({ text }) => text);
    const paths = samplePaths(words).filter(
      (path, at) => at % 23 === 0 || /\/default\/(?:pods|secrets)(?:\/web(?:\/(?:exec|log))?)?$/.test(path),
    );
    const asked = paths.flatMap((path) =>
      METHODS.map((method) => ({ method, path: prefix + path, host: 'localhost' })),
    );
    asked.push(
      ...['127.0.0.1', 'evil.example', '[::1]'].map((host) => ({ method: 'GET', path: `${prefix}/version`, host })),
    );
    await withProxy(line, async (port) => {
      const wrong = await Promise.all(
        asked.map(async ({ method, path, host }) => {
          const really = await passes(port, method, path, host);
          return really === filter.accepts(method, decodeURIComponent(path), host)
            ? []
            : [`${method} ${path} ${host} ${really}`];
        }),
      );
      expect(wrong.flat()).toEqual([]);
    });
    const imported = importKubectlProxy(flags, { subject: { issuer: 'demo' }, clusters: ['demo'], name: 'old' });
    expect(imported).toMatchObject({ ok: true, comparison: { allowedNow: [] } });
  });
});

it('the command prints rules that can be applied, configuration, warnings and the comparison', async () => {
  const args = [
    'policy',
    'import-kubectl-proxy',
    '--issuer',
    'demo',
    '--cluster',
    'demo',
    '--for-group',
    'demo:dev',
    '--address=0.0.0.0',
    '--accept-hosts=.*',
    '--accept-paths',
    '^/api/v1/namespaces/team-a/',
    '--disable-filter=false',
  ];
  const { stdout, stderr, code } = await tryCli(args, {});
  expect(code).toBe(0);
  expect(parseManifests(stdout, { source: 'import' })).toMatchObject({ problems: [], manifests: { length: 2 } });
  expect(stdout).toMatch(/^# In gatehouse.yaml:\n# {3}listen:\n# {5}host: 0.0.0.0/);
  expect(stderr).toMatch(/warning: --address 0\.0\.0\.0 let everybody/);
  expect(stderr).toMatch(/the rules allow \d+ of those and no other/);
  expect(await tryCli([...args, '--reject-methods', '.*'], {})).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('let nothing through'),
  });
});
