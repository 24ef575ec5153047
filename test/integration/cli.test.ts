/** The built command, run as people run it: launcher, usage, configuration. */
import { copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { rootOf, tryCli, type CliResult } from '../demo/run-cli.ts';
import { accessRule, createCliWorld } from '../support/cli-samples.ts';

const { folder, data, environment, gatehouse } = createCliWorld();
afterAll(() => rmSync(folder, { recursive: true }));

describe('the launcher', () => {
  test('says what to do where nothing is built', async () => {
    const bare = join(folder, 'bare', 'bin');
    mkdirSync(bare, { recursive: true });
    copyFileSync(join(rootOf(), 'bin/gatehouse'), join(bare, 'gatehouse'));
    const result = await runFile(join(bare, 'gatehouse'), ['export']);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('npm run build') });
  });
  test('runs through a link and from any folder', async () => {
    symlinkSync(join(rootOf(), 'bin/gatehouse'), join(folder, 'link'));
    symlinkSync('link', join(folder, 'link-to-link'));
    expect(await runFile(join(folder, 'link-to-link'), ['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('upstream-token'),
    });
  });
});

describe('what is not understood ends with 2', () => {
  test.each([
    'nonsense',
    'apply',
    'admin grant --issuer demo',
    'admin grant --group g',
    'admin grant --issuer demo --group g --user u',
    'upstream-token set --cluster demo --issuer demo',
    'upstream-token set --cluster demo --issuer demo --user u --token s3cret',
    'upstream-token delete',
    'audit list --since yesterday',
    'audit list --limit 0',
    'audit list --decision maybe',
    'audit list -o xml',
    'export --secrets',
  ])('gatehouse %s', async (args) => {
    const { code, stdout, stderr } = await gatehouse(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: |^Usage: /);
  });
});

describe('config check', () => {
  test('reports every problem at once and ends with 1', async () => {
    const { code, stderr } = await tryCli(['config', 'check'], {
      ...environment,
      GATEHOUSE_LISTEN_PROT: '1',
      GATEHOUSE_LISTEN_PORT: 'x',
      GATEHOUSE_DATABASE_URL: 'postgres://u:sw0rdfish@db/x',
    });
    expect(code).toBe(1);
    expect(stderr).toContain('GATEHOUSE_LISTEN_PROT: is unknown; did you mean GATEHOUSE_LISTEN_PORT?');
    expect(stderr).toContain('GATEHOUSE_LISTEN_PORT: must be a whole number');
    expect(stderr).toContain('encryptionKeyFile: PostgreSQL needs an encryption key');
    expect(stderr).not.toContain('sw0rdfish');
  });
  test('judges the manifests folder too', async () => {
    const manifests = join(folder, 'bad-manifests');
    mkdirSync(manifests);
    writeFileSync(join(manifests, 'a.yaml'), accessRule('a', { efect: 'Deny' }));
    expect(
      await tryCli(['config', 'check'], { ...environment, GATEHOUSE_MANIFESTS_DIRECTORY: manifests }),
    ).toMatchObject({ code: 1, stderr: expect.stringContaining('spec.efect is unknown; did you mean "effect"?') });
  });
  test('shows what is in force, secrets redacted, and touches no database', async () => {
    const key = Buffer.alloc(32, 'k1').toString('base64');
    const { code, stdout } = await tryCli(['config', 'check'], { ...environment, GATEHOUSE_ENCRYPTION_KEY: key });
    expect([code, parse(stdout)]).toMatchObject([
      0,
      { encryptionKey: '[redacted]', listen: { port: 8443 }, dataDirectory: data },
    ]);
    expect(stdout).not.toContain(key);
    expect(readdirSync(folder)).not.toContain('data');
  });
});

async function runFile(file: string, args: string[]): Promise<CliResult> {
  const child = spawn(file, args, {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const read = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (read.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (read.stderr += chunk.toString()));
  const code = await new Promise<number>((resolve) => child.once('close', (exit) => resolve(exit ?? 1)));
  return { code, ...read };
}

describe('import-authentication-config', () => {
  const file = join(folder, 'authentication.yaml');
  const write = (expression: string): void =>
    writeFileSync(
      file,
      `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer: { url: 'https://id.example.com', audiences: [k8s] }\n  claimMappings: { username: { expression: "${expression}" } }\n`,
    );

  test('names the field that cannot be taken over, and prints nothing', async () => {
    write('nothing(claims.sub)');
    const { code, stdout, stderr } = await gatehouse(`import-authentication-config -f ${file}`);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('spec.claimMappings.username.expression');
  });

  test('prints Issuers', async () => {
    write("'x:' + claims.sub");
    const { code, stdout } = await gatehouse(`import-authentication-config -f ${file}`);
    expect(code).toBe(0);
    expect(parse(stdout)).toMatchObject({
      kind: 'Issuer',
      metadata: { name: 'id.example.com' },
      spec: { claimMappings: { username: { expression: "'x:' + claims.sub" } } },
    });
  });
});
