/** People's own upstream tokens by the built command; the cluster is an HTTPS server that answers SelfSubjectReview. */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCliWorld, issuer, manifest } from '../support/cli-samples.ts';
import { findSecret } from '../support/find-secret.ts';

const { folder, data, gatehouse } = createCliWorld();
const DAVES_TOKEN = 'daves-token-4b8e2f6a0c9d1753';

/** Who the API server says that a bearer is. */
const TOKENS: Record<string, { username: string; groups: string[] }> = {
  [DAVES_TOKEN]: {
    username: 'system:serviceaccount:team-a:dave',
    groups: ['system:serviceaccounts', 'system:authenticated'],
  },
  'a-masters-token': { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
};
let server: Server;
let asked = 0;

beforeAll(async () => {
  const pair = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ] as never,
  });
  server = createServer({ cert: pair.cert, key: pair.private }, (request, response) => {
    asked += 1;
    const userInfo = TOKENS[(request.headers.authorization ?? '').replace('Bearer ', '')];
    request.resume();
    response
      .writeHead(userInfo ? 201 : 401, { 'content-type': 'application/json' })
      .end(JSON.stringify({ kind: 'SelfSubjectReview', status: { userInfo } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const serverUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cluster = manifest('Cluster', 'demo', {
    server: serverUrl,
    certificateAuthorityData: Buffer.from(pair.cert).toString('base64'),
  });
  const mapping = manifest('Mapping', 'dave', {
    subjects: [{ issuer: 'demo', user: 'demo:dave' }],
    clusters: ['demo'],
    storedToken: {},
  });
  const applied = await gatehouse('apply -f -', [issuer('demo'), cluster, mapping].join('---\n'));
  if (applied.code !== 0) throw new Error(applied.stderr);
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

describe('upstream-token', () => {
  const set = 'upstream-token set --cluster demo --issuer demo --user demo:dave --subject dave';
  test.each([
    ['a token of system:masters', 'a-masters-token', /member of system:masters/],
    ['a token that the cluster refuses', 'unknown-token', /refuses this token/],
    ['no token', '', /no token was given/],
    ['something that is no token', 'two words', /not a bearer token/],
  ])('%s is not stored', async (_what, token, expected) => {
    expect(await gatehouse(set, token)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(expected) });
    expect((await gatehouse('upstream-token list')).stdout.split('\n')).toHaveLength(2);
  });
  test('a cluster that does not exist, and a user who tells no subject, are refused before anybody is asked', async () => {
    const before = asked;
    expect(await gatehouse(set.replace('--cluster demo', '--cluster other'), DAVES_TOKEN)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there are demo'),
    });
    expect(
      await gatehouse('upstream-token set --cluster demo --issuer demo --user demo:dave', DAVES_TOKEN),
    ).toMatchObject({ code: 1, stderr: expect.stringContaining('--subject') });
    expect(asked).toBe(before);
  });
  test('a token is stored as whom the cluster says it is, listed without being shown, and deleted', async () => {
    const stored = await gatehouse(set, `${DAVES_TOKEN}\n`);
    expect(stored).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('system:serviceaccount:team-a:dave'),
      stderr: '',
    });
    const file = join(folder, 'token');
    writeFileSync(file, DAVES_TOKEN);
    expect(
      await gatehouse(`upstream-token set --cluster demo --issuer demo --user demo:dave --token-file ${file}`),
    ).toMatchObject({ code: 0 });
    const { stdout } = await gatehouse('upstream-token list --cluster demo');
    const rows = stdout.trim().split('\n').slice(1);
    expect(rows).toEqual([expect.stringMatching(/demo:dave +dave +system:serviceaccount:team-a:dave +stored/)]);
    expect(stored.stdout + stdout).not.toContain(DAVES_TOKEN);
    const files = Buffer.concat(readdirSync(data).map((name) => readFileSync(join(data, name))));
    expect(findSecret(DAVES_TOKEN, files)).toEqual([]);
    const id = (rows[0] as string).split(' ')[0] as string;
    expect(await gatehouse(`upstream-token delete ${id}`)).toMatchObject({
      code: 0,
      stdout: `stored token ${id} deleted\n`,
    });
    expect(await gatehouse(`upstream-token delete ${id}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no such stored token'),
    });
  });
});
