import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { comparable } from './compare-commands.ts';
import { kubectl, spawnKubectl, waitForOutput } from './run-kubectl.ts';
import { bothEngines, control, world } from './world.ts';

const manifest = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: team-a\ndata:\n  a: b\n`;

/** Commands whose output, error and exit code must be the same through the gateway and direct. */
interface Options {
  readonly input?: string;
  readonly env?: Record<string, string>;
  readonly reset?: readonly string[];
}
const SAME: readonly [title: string, args: readonly string[], options?: Options][] = [
  ['get pods', ['-n', 'team-a', 'get', 'pods']],
  ['get one pod as YAML', ['-n', 'team-a', 'get', 'pod', 'web', '-o', 'yaml']],
  ['get a pod that is not there', ['-n', 'team-a', 'get', 'pod', 'nothing']],
  [
    'get with selectors',
    [
      '-n',
      'team-a',
      'get',
      'pods',
      '-l',
      'app in (web,x),!gone',
      '--field-selector',
      'status.phase=Running,metadata.name=web',
    ],
  ],
  ['get all', ['-n', 'team-a', 'get', 'all']],
  ['describe', ['-n', 'team-a', 'describe', 'service', 'web']],
  ['logs', ['-n', 'team-a', 'logs', 'web', '--tail=1']],
  ['logs of a container that is not there', ['-n', 'team-a', 'logs', 'web', '-c', 'nothing']],
  ['exec', ['-n', 'team-a', 'exec', 'web', '--', 'id']],
  [
    'exec by SPDY',
    ['-n', 'team-a', 'exec', 'web', '--', 'id'],
    { env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' } },
  ],
  ['exec with an exit code', ['-n', 'team-a', 'exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7']],
  [
    'exec with an exit code by SPDY',
    ['-n', 'team-a', 'exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7'],
    { env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' } },
  ],
  ['exec into a pod that is not there', ['-n', 'team-a', 'exec', 'nothing', '--', 'id']],
  ['exec of a program that is not there', ['-n', 'team-a', 'exec', 'web', '--', 'no-such-program']],
  [
    'apply from standard input',
    ['-n', 'team-a', 'apply', '-f', '-'],
    { input: manifest('applied'), reset: ['-n', 'team-a', 'delete', '--ignore-not-found', 'configmap', 'applied'] },
  ],
  [
    'server-side apply',
    ['-n', 'team-a', 'apply', '--server-side', '--field-manager=test', '-f', '-'],
    {
      input: manifest('server-side'),
      reset: ['-n', 'team-a', 'delete', '--ignore-not-found', 'configmap', 'server-side'],
    },
  ],
  [
    'apply of an invalid object',
    ['-n', 'team-a', 'apply', '-f', '-'],
    { input: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: UPPER\n  namespace: team-a\n' },
  ],
  [
    'label',
    ['-n', 'team-a', 'label', 'pod', 'web', 'tested=yes'],
    { reset: ['-n', 'team-a', 'label', 'pod', 'web', 'tested-'] },
  ],
  ['delete what is not there', ['-n', 'team-a', 'delete', 'configmap', 'nothing']],
  ['api-resources', ['api-resources']],
  ['api-versions', ['api-versions']],
  ['version', ['version', '-o', 'yaml']],
  ['explain', ['explain', 'pods.spec.containers']],
  ['auth whoami', ['auth', 'whoami']],
  ['auth can-i', ['-n', 'team-a', 'auth', 'can-i', 'create', 'pods']],
  ['top, which has no metrics here', ['-n', 'team-a', 'top', 'pods']],
  ['get --raw', ['get', '--raw', '/api/v1/namespaces/team-a/pods/web/status']],
  ['get --raw of a service proxy', ['get', '--raw', '/api/v1/namespaces/team-a/services/web/proxy/']],
  ['events', ['-n', 'team-a', 'get', 'events']],
];

describe.each(bothEngines())('kubectl through the gateway on $engine', (gateway) => {
  const alice = gateway.people.alice.kubeconfig;
  const direct = world().direct.alice as string;

  it.each(SAME)('%s: the same as direct', async (_title, args, options) => {
    const reset = async (): Promise<unknown> =>
      options?.reset && (await kubectl(world().adminKubeconfig, options.reset));
    await reset();
    const straight = comparable(await kubectl(direct, args, options));
    await reset();
    const through = comparable(await kubectl(alice, args, options));
    expect(through).toEqual(straight);
  });

  it('notices a difference that is not allowed', async () => {
    const straight = comparable(await kubectl(direct, ['-n', 'team-a', 'get', 'pods']));
    const through = comparable(await kubectl(gateway.people.bob.kubeconfig, ['-n', 'team-a', 'get', 'services']));
    expect(through).not.toEqual(straight);
  });

  it('create and delete leave what they say', async () => {
    const name = `made-${gateway.engine}`;
    expect((await kubectl(alice, ['-n', 'team-a', 'create', 'configmap', name, '--from-literal=a=b'])).code).toBe(0);
    expect((await kubectl(direct, ['-n', 'team-a', 'get', 'configmap', name, '-o', 'jsonpath={.data.a}'])).stdout).toBe(
      'b',
    );
    expect((await kubectl(alice, ['-n', 'team-a', 'delete', 'configmap', name])).code).toBe(0);
    expect((await kubectl(direct, ['-n', 'team-a', 'get', 'configmap', name])).code).toBe(1);
  });

  it.each([
    ['WebSocket', {}],
    ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }],
  ] as const)('a megabyte goes through exec and back unharmed by %s', async (_protocol, env) => {
    const megabyte = randomBytes(1024 * 1024);
    const run = await kubectl(alice, ['-n', 'team-a', 'exec', '-i', 'web', '--', 'cat'], { input: megabyte, env });
    expect({ code: run.code, same: run.stdoutBytes.equals(megabyte), stderr: run.stderr }).toEqual({
      code: 0,
      same: true,
      stderr: '',
    });
  });

  it('cp takes a file there and back', async () => {
    const directory = mkdtempSync(join(world().directory, 'cp-'));
    const bytes = randomBytes(200_000);
    writeFileSync(join(directory, 'there'), bytes);
    const name = `copied-${gateway.engine}`;
    const there = await kubectl(alice, ['-n', 'team-a', 'cp', 'there', `web:/tmp/${name}`], { cwd: directory });
    expect(there.stderr).toBe('');
    const back = await kubectl(alice, ['-n', 'team-a', 'cp', `web:/tmp/${name}`, 'back'], { cwd: directory });
    expect(back.code).toBe(0);
    expect(readFileSync(join(directory, 'back')).equals(bytes)).toBe(true);
  });

  it('attach shows what the pod writes', async () => {
    const child = spawnKubectl(alice, ['-n', 'team-a', 'attach', 'web']);
    const marker = `attached ${gateway.engine}`;
    const timer = setInterval(() => void control('append-log', { namespace: 'team-a', line: marker }), 300);
    try {
      expect(await waitForOutput(child, marker)).toContain(marker);
    } finally {
      clearInterval(timer);
      child.kill();
    }
  });

  it('logs -f shows a line as soon as it is written', async () => {
    const child = spawnKubectl(alice, ['-n', 'team-a', 'logs', '-f', '--tail=1', 'web']);
    try {
      await waitForOutput(child, '\n');
      const marker = `followed ${gateway.engine} ${Date.now()}`;
      const seen = waitForOutput(child, marker);
      const writtenAt = Date.now();
      await control('append-log', { namespace: 'team-a', line: marker });
      await seen;
      expect(Date.now() - writtenAt).toBeLessThan(5000);
    } finally {
      child.kill();
    }
  });

  it('get -w shows a change as soon as it happens', async () => {
    const child = spawnKubectl(alice, ['-n', 'team-a', 'get', 'configmaps', '-w']);
    try {
      await waitForOutput(child, 'kube-root-ca.crt');
      const name = `watched-${gateway.engine}`;
      const seen = waitForOutput(child, name);
      await kubectl(direct, ['-n', 'team-a', 'create', 'configmap', name]);
      expect(await seen).toContain(name);
      await kubectl(direct, ['-n', 'team-a', 'delete', 'configmap', name]);
    } finally {
      child.kill();
    }
  });

  it.each([
    ['WebSocket', {}],
    ['SPDY', { KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
  ] as const)('port-forward reaches the pod by %s', async (_protocol, env) => {
    const child = spawnKubectl(alice, ['-n', 'team-a', 'port-forward', 'pod/web', ':8080'], { env });
    try {
      const port = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(await waitForOutput(child, 'Forwarding from'))?.[1];
      for (let round = 0; round < 3; round++) expect(await page(Number(port))).toContain('Hello from pod team-a/web');
    } finally {
      child.kill();
    }
  });
});

function page(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/', agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += String(chunk)));
      answer.on('end', () => resolve(text));
    }).on('error', reject);
  });
}
