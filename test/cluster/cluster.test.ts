import { spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { choosePorts } from './choose-ports.ts';
import { startCluster, type Cluster } from './start-cluster.ts';

let cluster: Cluster;

// Where binaries must be built first, that takes minutes.
beforeAll(async () => {
  cluster = await startCluster({ log: (line) => console.log(line) });
}, 1_200_000);

afterAll(async () => {
  await cluster?.stop();
}, 60_000);

const inTeamA = (...args: string[]) => ['-n', 'team-a', ...args];

const protocols = [
  ['WebSocket', 'true'],
  ['SPDY', 'false'],
] as const;
const remoteCommand = (value: string) => ({ KUBECTL_REMOTE_COMMAND_WEBSOCKETS: value });

/** Collects what a running kubectl prints until `wanted` is there. */
async function waitForOutput(child: ChildProcess, wanted: string): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${why} before it printed ${JSON.stringify(wanted)}:\n${output}`));
    const timer = setTimeout(() => fail('20 s passed'), 20_000);
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (!output.includes(wanted)) return;
      clearTimeout(timer);
      resolve(output);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('close', () => fail('kubectl ended'));
  });
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await ended;
}

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
      answer.on('end', () => resolve(body));
    }).on('error', reject);
  });
}

test('every part says its version', () => {
  expect(cluster.versions).toMatchObject({
    etcd: expect.stringMatching(/^etcd Version: 3\./),
    'kube-apiserver': expect.stringMatching(/^Kubernetes v1\.\d+\.\d+/),
    'kube-controller-manager': expect.stringMatching(/^Kubernetes v1\.\d+\.\d+/),
    kubectl: expect.stringMatching(/^Client Version: v1\.\d+\.\d+/),
    kwok: expect.stringMatching(/^kwok version/),
  });
});

test('the pod web runs and is ready in both namespaces', async () => {
  for (const namespace of ['team-a', 'team-b']) {
    const { stdout } = await cluster.kubectl(['-n', namespace, 'get', 'pod', 'web', '--no-headers']);
    expect(stdout).toMatch(/^web\s+1\/1\s+Running\s/);
  }
});

test('a Deployment comes to life without a scheduler', async () => {
  await cluster.kubectl(inTeamA('create', 'deployment', 'extra', '--image=example.invalid/extra:1', '--replicas=2'));
  const { code, stderr } = await cluster.kubectl(inTeamA('rollout', 'status', 'deployment/extra', '--timeout=30s'));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await cluster.kubectl(inTeamA('delete', 'deployment', 'extra'));
});

describe.each(protocols)('over %s', (_, value) => {
  const env = remoteCommand(value);

  test('exec runs a command, as nobody where the host is root', async () => {
    const { code, stdout, stderr } = await cluster.kubectl(inTeamA('exec', 'web', '--', 'id', '-u'), { env });
    expect({ code, stderr, uid: stdout.trim() }).toEqual({
      code: 0,
      stderr: '',
      uid: process.getuid?.() === 0 ? '65534' : String(process.getuid?.()),
    });
  });

  test('exec reports the exit code and keeps stderr apart', async () => {
    const result = await cluster.kubectl(inTeamA('exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7'), {
      env,
    });
    expect(result).toMatchObject({ code: 7, stdout: 'out\n', stderr: expect.stringContaining('err\n') });
  });

  test('exec -i carries 1 MiB through cat unharmed', async () => {
    const input = randomBytes(1024 * 1024);
    const { code, stdoutBytes } = await cluster.kubectl(inTeamA('exec', '-i', 'web', '--', 'cat'), { env, input });
    expect(code).toBe(0);
    expect(stdoutBytes.equals(input)).toBe(true);
  });

  test('cp carries a file both ways', async () => {
    const folder = join(cluster.directory, `cp-${value}`);
    mkdirSync(folder);
    const content = randomBytes(100_000);
    writeFileSync(join(folder, 'sent'), content);
    const there = await cluster.kubectl(['cp', join(folder, 'sent'), `team-a/web:copied-${value}`], { env });
    const back = await cluster.kubectl(['cp', `team-a/web:copied-${value}`, join(folder, 'received')], { env });
    expect([there.code, back.code, there.stderr, back.stderr]).toEqual([0, 0, '', '']);
    expect(readFileSync(join(folder, 'received')).equals(content)).toBe(true);
  });

  test('attach shows the log and sends what is typed', async () => {
    const result = await cluster.kubectl(inTeamA('attach', '-i', 'web'), { env, input: `typed over ${value}\n` });
    expect(result.stdout).toContain(`stdin: typed over ${value}`);
  });

  test('port-forward reaches the page of the pod', async () => {
    const [port] = await choosePorts(1);
    const child = cluster.spawnKubectl(inTeamA('port-forward', 'pod/web', `${port}:8080`), {
      env: { KUBECTL_PORT_FORWARD_WEBSOCKETS: value },
    });
    await waitForOutput(child, 'Forwarding from 127.0.0.1');
    expect(await fetchText(`http://127.0.0.1:${port}/`)).toContain('Hello from pod team-a/web');
    await end(child);
  });
});

test('the environment of the host does not reach a command', async () => {
  process.env['GATEHOUSE_TEST_SECRET'] = 'leaked';
  const { stdout } = await cluster.kubectl(inTeamA('exec', 'web', '--', 'env'));
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  expect(names.sort()).toEqual(['HOME', 'HOSTNAME', 'LANG', 'PATH', 'POD_NAME', 'POD_NAMESPACE', 'PWD']);
});

test('logs -f gets a line that is appended later', async () => {
  const child = cluster.spawnKubectl(['-n', 'team-b', 'logs', '-f', 'web']);
  const seen = waitForOutput(child, 'appended later');
  await waitForOutput(child, 'listens on port');
  cluster.appendLog('team-b', 'appended later');
  expect(await seen).toContain('appended later\n');
  await end(child);
});

test('service, pod and node proxy are reached by way of the egress proxy', async () => {
  const read = (path: string) => cluster.kubectl(['get', '--raw', path]);
  const base = '/api/v1/namespaces/team-a';
  expect((await read(`${base}/services/web/proxy/`)).stdout).toContain('Hello from pod team-a/web');
  expect((await read(`${base}/services/http:web:80/proxy/there`)).stdout).toContain('You were redirected');
  expect((await read(`${base}/pods/web/proxy/`)).stdout).toContain('Hello from pod team-a/web');
  expect((await read('/api/v1/nodes/node-1/proxy/healthz')).stdout).toBe('ok');
});

test('a WebSocket to the page of the pod echoes by the service proxy', async () => {
  const [port] = await choosePorts(1);
  const child = cluster.spawnKubectl(['proxy', `--port=${port}`]);
  await waitForOutput(child, 'Starting to serve');
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/namespaces/team-a/services/web/proxy/ws`);
  const sent = 'echo '.repeat(20_000);
  const received = await new Promise((resolve, reject) => {
    socket.addEventListener('open', () => socket.send(sent));
    socket.addEventListener('message', (event) => resolve(event.data));
    socket.addEventListener('error', () => reject(new Error('the WebSocket failed')));
  });
  expect(received).toBe(sent);
  socket.close();
  await end(child);
});

test('exec -it gives a terminal to somebody who has one', async () => {
  // script(1) makes the terminal on our side.
  const command = `stty rows 33 cols 77; ${cluster.kubectlPath} -n team-a exec -it web -- sh -c 'tty; sleep 0.5; stty size; exit 4'`;
  const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
    encoding: 'utf8',
    env: { ...process.env, KUBECONFIG: cluster.adminKubeconfig, HOME: cluster.directory },
    timeout: 20_000,
  });
  expect(stdout).toMatch(/\/dev\/\S+\d+\r\n/);
  expect(stdout).toContain('33 77\r\n');
  expect(status).toBe(4);
});

test('the audit log shows who did what, and not the test bed itself', async () => {
  await cluster.kubectl(inTeamA('get', 'pods', '--as', 'demo:bob', '--as-group', 'demo:team-a-viewers'));
  const events = cluster.readAuditLog();
  expect(
    events.findLast((event) => event.impersonatedUser?.username === 'demo:bob' && event.verb === 'list'),
  ).toMatchObject({
    stage: 'ResponseComplete',
    user: { username: 'cluster-admin' },
    impersonatedUser: { groups: expect.arrayContaining(['demo:team-a-viewers', 'system:authenticated']) },
    objectRef: { resource: 'pods', namespace: 'team-a' },
    responseStatus: { code: 200 },
  });
  expect(events.filter((event) => ['kwok', 'test-bed'].includes(event.user.username))).toEqual([]);
});

test("dave's ServiceAccount token shows him pods of team-a and nothing of team-b", async () => {
  const token = await cluster.createServiceAccountToken('team-a', 'dave', 3600);
  const kubeconfig = cluster.writeKubeconfig('dave', { token });
  expect((await cluster.kubectl(inTeamA('get', 'pods'), { kubeconfig })).code).toBe(0);
  expect((await cluster.kubectl(['-n', 'team-b', 'get', 'pods'], { kubeconfig })).stderr).toContain('Forbidden');
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'restarting the API server by %s keeps port and data',
  async (signal) => {
    const name = `kept-${signal.toLowerCase()}`;
    await cluster.kubectl(inTeamA('create', 'configmap', name));
    const before = cluster.pids['kube-apiserver'];
    await cluster.restartApiServer(signal);
    expect(cluster.pids['kube-apiserver']).not.toBe(before);
    expect((await cluster.kubectl(inTeamA('get', 'configmap', name))).code).toBe(0);
    expect((await cluster.kubectl(inTeamA('exec', 'web', '--', 'true'))).code).toBe(0);
  },
  60_000,
);
