import { spawn, type ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildTool } from '../cluster/build-tool.ts';
import { kubectl, spawnKubectl, waitForOutput } from './run-kubectl.ts';
import { send } from './send-request.ts';
import { control, gatewayOn, world } from './world.ts';

/** Real clients over a real death of the API server: what they do direct they must do through the gateway. */
const gateway = gatewayOn('sqlite');
const alice = gateway.people.alice.kubeconfig;
const direct = (): string => world().direct.alice as string;
const children: ChildProcess[] = [];

const start = (child: ChildProcess): ChildProcess => {
  children.push(child);
  return child;
};
const ended = (child: ChildProcess): Promise<{ code: number; stderr: string }> =>
  new Promise((resolve) => {
    let stderr = '';
    child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
    child.once('close', (code) => resolve({ code: code ?? -1, stderr }));
  });

let informer: string;

beforeAll(() => {
  informer = buildTool('informer');
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

it('ends get -w as it ends direct, keeps a client-go informer going, and the gateway stays up', async () => {
  const through = start(spawnKubectl(alice, ['-n', 'team-a', 'get', 'configmaps', '-w']));
  const straight = start(spawnKubectl(direct(), ['-n', 'team-a', 'get', 'configmaps', '-w']));
  await Promise.all([waitForOutput(through, 'kube-root-ca.crt'), waitForOutput(straight, 'kube-root-ca.crt')]);
  const throughEnded = ended(through);
  const straightEnded = ended(straight);
  const watcher = start(spawn(informer, [alice, 'team-a']));
  let seen = '';
  watcher.stdout?.on('data', (chunk) => (seen += String(chunk)));
  const told = async (...lines: string[]): Promise<void> => {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline && lines.some((line) => !seen.includes(line)))
      await new Promise((resolve) => setTimeout(resolve, 100));
    for (const line of lines) expect(seen).toContain(line);
  };
  await told('synced');
  await kubectl(direct(), ['-n', 'team-a', 'create', 'configmap', 'before-restart']);
  await told('added before-restart');
  await control('stop-api-server');
  const down = await send(gateway, '/api/v1/namespaces/team-a/pods', { token: gateway.people.alice.idToken });
  expect(down.status).toBe(502);
  expect(JSON.parse(down.body)).toMatchObject({ kind: 'Status', code: 502 });
  await control('start-api-server');
  // Made right after the restart: an informer that lost its place would miss one of them.
  for (let i = 0; i < 5; i++)
    expect((await kubectl(direct(), ['-n', 'team-a', 'create', 'configmap', `after-restart-${i}`])).code).toBe(0);

  const [throughEnd, straightEnd] = await Promise.all([throughEnded, straightEnded]);
  expect(throughEnd.code).toBe(straightEnd.code);
  expect(throughEnd.stderr).toBe(straightEnd.stderr);
  await told(...[0, 1, 2, 3, 4].map((i) => `added after-restart-${i}`));
  expect(seen).not.toContain('deleted');

  expect((await send(gateway, '/api/v1/namespaces/team-a/pods', { token: gateway.people.alice.idToken })).status).toBe(
    200,
  );
  for (const name of ['before-restart', ...[0, 1, 2, 3, 4].map((i) => `after-restart-${i}`)])
    await kubectl(direct(), ['-n', 'team-a', 'delete', 'configmap', name]);
});

it('lets kubectl wait see what it waits for across a restart, as it does direct', async () => {
  await kubectl(direct(), [
    '-n',
    'team-a',
    'delete',
    '--ignore-not-found',
    'configmap',
    'wait-through',
    'wait-straight',
  ]);
  await kubectl(direct(), ['-n', 'team-a', 'create', 'configmap', 'wait-through']);
  await kubectl(direct(), ['-n', 'team-a', 'create', 'configmap', 'wait-straight']);
  const wait = (kubeconfig: string, name: string): Promise<{ code: number; stderr: string }> =>
    ended(
      start(
        spawnKubectl(kubeconfig, [
          '-n',
          'team-a',
          'wait',
          '--for=jsonpath={.data.done}=yes',
          '--timeout=60s',
          `configmap/${name}`,
        ]),
      ),
    );
  const through = wait(alice, 'wait-through');
  const straight = wait(direct(), 'wait-straight');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await control('stop-api-server');
  await control('start-api-server');
  for (const name of ['wait-through', 'wait-straight'])
    expect(
      (await kubectl(direct(), ['-n', 'team-a', 'patch', 'configmap', name, '-p', '{"data":{"done":"yes"}}'])).code,
    ).toBe(0);
  const [throughEnd, straightEnd] = await Promise.all([through, straight]);
  expect(throughEnd.code).toBe(straightEnd.code);
  expect(throughEnd.code).toBe(0);
  await kubectl(direct(), ['-n', 'team-a', 'delete', 'configmap', 'wait-through', 'wait-straight']);
});
