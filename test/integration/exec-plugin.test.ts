/** What kubectl runs: `gatehouse login` and the shell script, at a gateway that is there, gone, and back. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { rootOf } from '../demo/run-cli.ts';
import { ask } from '../support/small-client.ts';
import { logIn } from '../support/small-session.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';
import { shownCode, watchChild, type Watched } from '../support/watch-child.ts';

interface Exec {
  readonly command: string;
  readonly args: readonly string[];
}

let world: SmallWorld;
let alice: Record<string, string>;
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-plugin-'));
beforeAll(async () => {
  world = await startSmallWorld({ GATEHOUSE_WORKERS: '1' });
  alice = await logIn(world, 'alice');
});
afterAll(async () => {
  await world?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function execOf(form: string): Promise<Exec> {
  const text = (await ask(world, `/-/me/kubeconfig?with=${form}`, { token: await world.tokenOf('alice') })).body;
  return (parse(text) as { users: { user: { exec: Exec } }[] }).users[0]?.user.exec as Exec;
}
const newCache = (): string => mkdtempSync(join(folder, 'cache-'));
/** As kubectl runs it: with what it tells plugins, and both its own path and ours. */
async function run(form: string, cache: string, changes: { info?: string; path?: string } = {}): Promise<Watched> {
  const { command, args } = await execOf(form);
  const cluster = {
    server: `https://127.0.0.1:${world.port}/clusters/demo`,
    'certificate-authority-data': world.ca.toString('base64'),
  };
  const info = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { cluster, interactive: false },
  };
  const child = spawn(command === 'gatehouse' ? join(rootOf(), 'bin/gatehouse') : command, args, {
    env: {
      PATH: changes.path ?? process.env.PATH ?? '',
      HOME: folder,
      XDG_CACHE_HOME: cache,
      KUBERNETES_EXEC_INFO: changes.info ?? JSON.stringify(info),
    },
    stdio: 'pipe',
  });
  return watchChild(child);
}
async function approve(userCode: string, how = 'approve'): Promise<void> {
  const answer = await ask(world, `/-/me/device-logins/${how}`, {
    method: 'POST',
    headers: { ...alice, 'content-type': 'application/json' },
    body: JSON.stringify({ userCode }),
  });
  expect(answer.status).toBe(204);
}
const credentialOf = (text: string) =>
  JSON.parse(/^\{.*\}$/m.exec(text)?.[0] ?? '{}') as {
    apiVersion?: string;
    kind?: string;
    status?: { token: string; expirationTimestamp: string };
  };

describe.each(['gatehouse', 'shell'])('the exec plugin by %s', (form) => {
  test('fails where the person refuses, and keeps nothing', async () => {
    const cache = newCache();
    const plugin = await run(form, cache);
    await approve(await shownCode(plugin), 'deny');
    expect((await plugin.ended).code).not.toBe(0);
    expect(plugin.text()).toContain('the login was refused in the browser');
    expect(
      readdirSync(cache, { recursive: true })
        .map(String)
        .filter((name) => /(login|shell)-[0-9a-f-]+(\.json)?$/.test(name)),
    ).toEqual([]);
  });

  test('prints one ExecCredential, the same the next time, and a new one when that is revoked or has ended', async () => {
    const cache = newCache();
    const first = await run(form, cache);
    await approve(await shownCode(first));
    expect((await first.ended).code, first.text()).toBe(0);
    const credential = credentialOf(first.text());
    expect(credential).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: {
        token: expect.stringMatching(/^gth_/),
        expirationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    });
    const token = credential.status?.token ?? '';
    expect((await ask(world, '/api/v1/pods', { token })).status).toBe(200);

    const second = await run(form, cache);
    expect((await second.ended).code).toBe(0);
    expect(second.text()).not.toContain('type the code');
    expect(credentialOf(second.text())).toEqual(credential);

    await ask(world, '/-/auth/revoke', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `token=${token}`,
    });
    const third = await run(form, cache);
    await approve(await shownCode(third));
    expect((await third.ended).code).toBe(0);
    expect(credentialOf(third.text()).status?.token).not.toBe(token);
  });

  test('trusts no other certificate', async () => {
    const { command, args } = await execOf(form);
    const child = spawn(
      command === 'gatehouse' ? join(rootOf(), 'bin/gatehouse') : command,
      form === 'shell' ? [...args.slice(0, -1), ''] : args,
      { env: { PATH: process.env.PATH ?? '', HOME: folder, XDG_CACHE_HOME: newCache() }, stdio: 'pipe' },
    );
    const plugin = watchChild(child);
    expect((await plugin.ended).code).not.toBe(0);
    expect(plugin.text()).toContain('cannot be reached');
  });
});

test('the shell plugin hands curl no secret as an argument', async () => {
  const cache = newCache();
  const bin = mkdtempSync(join(folder, 'bin-'));
  const seen = join(bin, 'seen');
  writeFileSync(join(bin, 'curl'), `#!/bin/sh\nprintf '%s\\n' "$*" >>${seen}\nexec /usr/bin/curl "$@"\n`, {
    mode: 0o755,
  });
  const path = `${bin}:${process.env.PATH}`;
  const first = await run('shell', cache, { path });
  await approve(await shownCode(first));
  expect((await first.ended).code).toBe(0);
  expect((await (await run('shell', cache, { path })).ended).code).toBe(0);
  const calls = readFileSync(seen, 'utf8');
  expect(calls).toContain('/-/auth/token');
  expect(calls).toContain('/-/me');
  expect(calls).not.toMatch(/gth_|device_code=|Bearer/);
});

test.each([
  ['no JSON', '{', 'is no JSON'],
  [
    'a version of the API that is gone',
    '{"apiVersion":"client.authentication.k8s.io/v1alpha1"}',
    'v1alpha1; set apiVersion',
  ],
])('gatehouse login refuses %s from kubectl', async (_what, info, words) => {
  const plugin = await run('gatehouse', newCache(), { info });
  expect((await plugin.ended).code).toBe(1);
  expect(plugin.text()).toContain(words);
});
