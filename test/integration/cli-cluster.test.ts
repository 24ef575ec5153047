/** `bin/gatehouse cluster`, on a SQLite file of its own and before a small TLS server. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createCliWorld } from '../support/cli-samples.ts';
import { findSecret } from '../support/find-secret.ts';
import { startStubApi, type StubApi } from '../support/worker-world.ts';

const { folder, data, gatehouse, exported } = createCliWorld();
const TOKEN = 'gateway-token-5d1f0a7c93e84b26';
const bound = (endsInSeconds: number): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.round(Date.now() / 1000) + endsInSeconds;
  return `${part({ alg: 'RS256' })}.${part({ exp, sub: 'system:serviceaccount:gatehouse:gateway' })}.c2ln`;
};
let api: StubApi;
beforeAll(async () => {
  api = await startStubApi();
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

/** Writes a kubeconfig with the contexts `prod` and `Big_Name`, and answers its path. */
function kubeconfig(user: object, cluster: object = {}): string {
  const file = join(folder, 'kubeconfig');
  const good = {
    server: `https://127.0.0.1:${api.port}`,
    'certificate-authority-data': Buffer.from(api.caPem).toString('base64'),
  };
  const contexts = ['prod', 'Big_Name'].map((name) => ({ name, context: { cluster: 'k', user: 'u' } }));
  writeFileSync(
    file,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'k', cluster: { ...good, ...cluster } }],
      contexts,
      users: [{ name: 'u', user }],
    }),
  );
  return file;
}
const add = (user: object, cluster: object = {}, more = '--context prod') =>
  gatehouse(`cluster add --kubeconfig ${kubeconfig(user, cluster)} ${more}`);

describe('a kubeconfig is not taken, and it is said why and what to do', () => {
  test('programs, plug-ins, files, passwords, proxies and what is not verified, all reasons at once', async () => {
    const { code, stdout, stderr } = await add(
      {
        exec: { command: 'aws' },
        'auth-provider': { name: 'gcp' },
        'client-certificate': '/c',
        tokenFile: '/t',
        username: 'a',
        password: 'hunter2',
        token: TOKEN,
      },
      { 'certificate-authority': '/ca', 'proxy-url': 'http://p:1', 'insecure-skip-tls-verify': true },
    );
    expect([code, stdout]).toEqual([1, '']);
    for (const reason of [
      /exec runs a program .*; give a token or a client certificate/,
      /auth-provider is a plug-in .*; give a token/,
      /client-certificate names a file; embed it as/,
      /tokenFile names a file; embed the token/,
      /password is basic authentication.*; give a token/,
      /certificate-authority names a file; embed it/,
      /proxy-url .*; remove it/,
      /insecure-skip-tls-verify .*; give certificate-authority-data/,
    ])
      expect(stderr).toMatch(reason);
    expect(stderr).not.toMatch(/hunter2|gateway-token/);
  });
  test('an address that is no cluster’s, a context that is not there, a name that no cluster can have', async () => {
    const refused = await add({ token: TOKEN }, { server: 'https://169.254.169.254' });
    expect(refused.stderr).toMatch(/server must not be a link-local/);
    expect((await add({ token: TOKEN }, {}, '--context nowhere')).stderr).toContain('it has prod, Big_Name');
    expect((await add({ token: TOKEN }, {}, '--context Big_Name')).stderr).toContain('give another by --name');
    expect((await gatehouse('cluster add --kubeconfig /nowhere')).stderr).toContain('cannot be read (ENOENT)');
    expect(await exported()).toEqual([]);
  });
});

test('a cluster is added under the name of its context, asked how it is, and its credential is sealed', async () => {
  const added = await add({ token: TOKEN }, {}, '--context prod --default');
  expect(added).toMatchObject({ code: 0, stdout: 'cluster/prod created\n' });
  expect(added.stderr).toMatch(/^reachable: .* its certificate ends at 20/m);
  expect(await exported()).toMatchObject([
    { metadata: { name: 'prod' }, spec: { default: true, credential: { type: 'token' } } },
  ]);
  const files = ['gatehouse.db', 'gatehouse.db-wal'].filter((file) => existsSync(join(data, file)));
  for (const file of files) expect(findSecret(TOKEN, readFileSync(join(data, file))), file).toEqual([]);
  expect(api.lastAuthorization()).toBe(`Bearer ${TOKEN}`);
});

test('a second time needs --replace, which keeps what else it is', async () => {
  expect((await add({ token: 'other-token' })).stderr).toMatch(/exists already; .* --replace/);
  expect(await add({ token: TOKEN }, {}, '--context prod --replace')).toMatchObject({
    stdout: 'cluster/prod unchanged\n',
  });
  expect(await add({ token: 'other-token' }, {}, '--context prod --replace')).toMatchObject({
    stdout: 'cluster/prod configured\n',
  });
  expect(await exported()).toMatchObject([{ spec: { default: true } }]);
  expect(api.lastAuthorization()).toBe('Bearer other-token');
});

test('of a bound token it is said when it ends; of one that has ended, too', async () => {
  const ends = await add({ token: bound(3600) }, {}, '--context prod --name short');
  expect(ends).toMatchObject({ code: 0, stdout: 'cluster/short created\n' });
  expect(ends.stderr).toMatch(/warning: spec.credential.token is a bound token and ends at 20.*Secret of type/);
  const ended = await add({ token: bound(-3600) }, {}, '--context prod --name ended');
  expect(ended.stderr).toMatch(/is a bound token and ended at/);
});

test('list and get show how each is, and no credential; one that is away is no failure', async () => {
  await add({ token: TOKEN }, { server: 'https://127.0.0.1:1' }, '--context prod --name away');
  const { stdout, stderr, code } = await gatehouse('cluster list');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^NAME +SERVER +STATE +VERSION +CERTIFICATE ENDS +CREDENTIAL +CREDENTIAL ENDS +IMPERSONATES$/m,
  );
  expect(stdout).toMatch(/^prod +https:\S+ \(default\) +reachable +- +20\S+ +token +- /m);
  expect(stdout).toMatch(/^short +\S+ +reachable +- +20\S+ +token +20\S+ /m);
  expect(stdout).toMatch(/^away +\S+ +unreachable /m);
  expect(stderr).toMatch(/warning: away: it cannot be reached: .*ECONNREFUSED/);
  expect(stderr).toMatch(/warning: ended: the gateway’s credential ended at/);
  const shown = await gatehouse('cluster get short');
  expect(shown.stdout).toMatch(/health:\n(.*\n)*\s+reachable: true/);
  expect(stdout + shown.stdout).not.toContain(TOKEN);
});

test('disable, enable, rename and delete say what they did, and are in the audit log', async () => {
  expect((await gatehouse('cluster disable prod')).stdout).toBe('cluster/prod disabled\n');
  expect((await gatehouse('cluster disable prod')).stdout).toBe('cluster/prod unchanged\n');
  expect((await gatehouse('cluster list')).stdout).toMatch(/^prod .* disabled /m);
  expect((await gatehouse('cluster enable prod')).stdout).toBe('cluster/prod enabled\n');
  expect((await gatehouse('cluster rename prod short')).stderr).toContain('Cluster "short" exists already');
  expect((await gatehouse('cluster rename prod gatehouse')).stderr).toContain('is reserved');
  expect((await gatehouse('cluster rename prod live')).stdout).toBe('cluster/prod renamed live\n');
  expect((await gatehouse('cluster list')).stdout).toMatch(/^live .* reachable /m);
  expect((await gatehouse('cluster delete live')).stdout).toBe('cluster/live deleted\n');
  expect((await gatehouse('cluster get live')).code).toBe(1);
  const { stdout } = await gatehouse('audit list --limit 100 -o json');
  for (const act of ['cluster add', 'cluster disable', 'cluster enable', 'cluster rename prod live', 'cluster delete'])
    expect(stdout).toContain(`gatehouse ${act}`);
});
