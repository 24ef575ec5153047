/**
 * Objects by the built command, on a SQLite file of its own. The tests follow one another as a first set-up would: each
 * stands on what the ones before it wrote.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { tryCli } from '../demo/run-cli.ts';
import { accessRule, CLIENT_SECRET, createCliWorld, issuer, kubeconfig, manifest } from '../support/cli-samples.ts';
import { findSecret } from '../support/find-secret.ts';

const { folder, data, environment, gatehouse, exported } = createCliWorld();
afterAll(() => rmSync(folder, { recursive: true }));

const GATEWAY_TOKEN = 'gateway-token-8f3a1c5e7b9d2046';
const SERVER = 'https://10.1.2.3:6443';
const pair = await generate([{ name: 'commonName', value: 'ca' }], {
  keyType: 'ec',
  curve: 'P-256',
  algorithm: 'sha256',
});
const ca = Buffer.from(pair.cert).toString('base64');
const tokenMapping = manifest('Mapping', 'dave', {
  subjects: [{ issuer: 'demo', user: 'demo:dave' }],
  clusters: ['demo'],
  storedToken: {},
});

describe('apply', () => {
  test('writes nothing where one document of one file is bad, and tells every problem with file and document', async () => {
    const [one, two] = [join(folder, 'one.yaml'), join(folder, 'two.yaml')];
    writeFileSync(one, `${accessRule('good')}---\n${accessRule('bad', { efect: 'Deny' })}`);
    writeFileSync(two, manifest('Cluster', 'gatehouse', { server: 'http://x', credential: { token: GATEWAY_TOKEN } }));
    const { code, stdout, stderr } = await gatehouse(`apply -f ${one} -f ${two}`);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/one\.yaml, document 2 \(line \d+\), AccessRule "bad": spec\.efect is unknown/);
    expect(stderr).toMatch(/two\.yaml, document 1 \(line 1\), Cluster "gatehouse": metadata\.name is reserved/);
    expect(stderr).toMatch(/Cluster "gatehouse": spec\.server must begin with https/);
    expect(stderr).not.toContain(GATEWAY_TOKEN);
    expect(await exported()).toEqual([]);
  });
  test('writes nothing where the whole does not compile', async () => {
    expect(await gatehouse('apply -f -', `${issuer('a')}---\n${issuer('b')}`)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('same url'),
    });
    expect(await exported()).toEqual([]);
  });
  test('a missing file and an empty input end with 1', async () => {
    expect(await gatehouse(`apply -f ${join(folder, 'nowhere')}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ENOENT'),
    });
    expect(await gatehouse('apply -f -')).toMatchObject({ code: 1, stderr: expect.stringContaining('no objects') });
  });
  test('a folder is created, then unchanged, then configured; a kubeconfig file is taken in', async () => {
    const manifests = join(folder, 'manifests');
    mkdirSync(manifests);
    writeFileSync(join(manifests, 'demo.kubeconfig'), kubeconfig(SERVER, ca, GATEWAY_TOKEN));
    writeFileSync(
      join(manifests, 'a.yaml'),
      [
        accessRule('viewers'),
        manifest('Cluster', 'demo', { default: true, credential: { kubeconfigFile: 'demo.kubeconfig' } }),
        issuer('demo'),
        tokenMapping,
      ].join('---\n'),
    );
    const lines = (outcome: string): string =>
      ['issuer/demo', 'cluster/demo', 'accessrule/viewers', 'mapping/dave']
        .map((name) => `${name} ${outcome}\n`)
        .join('');
    expect(await gatehouse(`apply -f ${manifests}`)).toMatchObject({ code: 0, stdout: lines('created') });
    expect(await gatehouse(`apply -f ${manifests}`)).toMatchObject({ code: 0, stdout: lines('unchanged') });
    expect(await gatehouse('apply -f -', accessRule('viewers', { effect: 'Deny' }))).toMatchObject({
      code: 0,
      stdout: 'accessrule/viewers configured\n',
    });
  });
  test('several at once on one database all succeed', async () => {
    const results = await Promise.all(
      ['p', 'q', 'r'].map(async (name) => await gatehouse('apply -f -', accessRule(name))),
    );
    expect(results.map(({ code, stdout }) => `${code} ${stdout}`)).toEqual(
      ['p', 'q', 'r'].map((name) => `0 accessrule/${name} created\n`),
    );
  });
});

describe('export', () => {
  test('holds no secret, and applied again changes nothing', async () => {
    const { stdout } = await gatehouse('export');
    for (const secret of [GATEWAY_TOKEN, CLIENT_SECRET]) expect(stdout).not.toContain(secret);
    expect((await exported()).find(({ kind }) => kind === 'Cluster')?.spec).toEqual({
      server: SERVER,
      certificateAuthorityData: ca,
      default: true,
      credential: { type: 'token' },
    });
    const again = await gatehouse('apply -f -', stdout);
    expect(again.stdout).not.toMatch(/created|configured/);
    expect(again.code).toBe(0);
  });
});

describe('admin grant', () => {
  test('an issuer that does not exist is refused with those that do', async () => {
    expect(await gatehouse('admin grant --issuer demmo --group demo:admins')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('there are demo'),
    });
  });
  test('names the gateway’s own cluster literally, and a second time changes nothing', async () => {
    const first = await gatehouse('admin grant --issuer demo --group demo:admins');
    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^accessrule\/admin-demo-admins-[0-9a-f]{10} created\n$/),
    });
    expect(await gatehouse('admin grant --issuer demo --group demo:admins')).toMatchObject({
      code: 0,
      stdout: first.stdout.replace('created', 'unchanged'),
    });
    expect((await exported()).find(({ metadata }) => metadata.name.startsWith('admin-'))?.spec).toEqual({
      subjects: [{ issuer: 'demo', group: 'demo:admins' }],
      clusters: ['gatehouse'],
      effect: 'Allow',
      mode: 'Enforce',
      rules: [
        { verbs: ['*'], apiGroups: ['gatehouse.dev'], resources: ['*'] },
        { verbs: ['get', 'head'], nonResourceURLs: ['*'] },
      ],
    });
  });
  test('a user of the same name as the group gets a rule of its own', async () => {
    expect((await gatehouse('admin grant --issuer demo --user demo:admins')).stdout).toContain('created');
  });
  test('a Deny in the way is told', async () => {
    const deny = accessRule('lock', {
      effect: 'Deny',
      clusters: ['gatehouse'],
      subjects: [{ issuer: 'demo' }],
      rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
    });
    await gatehouse('apply -f -', deny);
    expect((await gatehouse('admin grant --issuer demo --user demo:root')).stderr).toContain(
      '"lock" denies on gatehouse',
    );
  });
});

describe('audit list', () => {
  const actsOf = async (
    args: string,
  ): Promise<{ verb: string; user: { username: string }; objectRef: { name: string } }[]> =>
    (JSON.parse((await gatehouse(`audit list -o json ${args}`)).stdout) as { items: never[] }).items;
  test('filters that match nothing show nothing', async () => {
    expect(await actsOf('--user nobody')).toEqual([]);
    expect(await actsOf('--until 1h')).toEqual([]);
  });
  test('every change by this command is there, newest first, with the account that made it', async () => {
    const acts = await actsOf('--resource accessrules --since 1h');
    expect(acts.map(({ verb, objectRef }) => `${verb} ${objectRef.name.replace(/-[0-9a-f]{10}$/, '')}`)).toEqual(
      expect.arrayContaining([
        'create viewers',
        'update viewers',
        'create p',
        'create q',
        'create r',
        'create admin-demo-admins',
        'create lock',
        'create admin-demo-root',
      ]),
    );
    expect(acts.every(({ user }) => user.username.startsWith('cli:'))).toBe(true);
    expect(acts[0]?.objectRef.name).toMatch(/^admin-demo-root-/);
  });
  test('the limit is kept and told, and YAML says the same as JSON', async () => {
    const { stdout, stderr } = await gatehouse('audit list --limit 2 -o yaml');
    expect(parse(stdout)).toEqual(JSON.parse((await gatehouse('audit list --limit 2 -o json')).stdout));
    expect((parse(stdout) as { items: unknown[] }).items).toHaveLength(2);
    expect(stderr).toContain('there are more');
  });
});

describe('the database', () => {
  test('migrate says where the schema is', async () => {
    expect(await gatehouse('migrate')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^sqlite schema is at \S+\n$/),
    });
  });
  test('another encryption key is refused', async () => {
    const result = await tryCli(['export'], {
      ...environment,
      GATEHOUSE_ENCRYPTION_KEY: Buffer.from('0123456789abcdef0123456789abcdeX').toString('base64'),
    });
    expect(result).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('another encryption key') });
  });
  test('holds no secret in clear', () => {
    const files = Buffer.concat(readdirSync(data).map((file) => readFileSync(join(data, file))));
    expect(files.length).toBeGreaterThan(1000);
    expect([GATEWAY_TOKEN, CLIENT_SECRET].flatMap((secret) => findSecret(secret, files))).toEqual([]);
  });
});
