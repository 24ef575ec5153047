/** Keys, backup and restore by the built command, as docs/backup.md has them. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tryCli } from '../demo/run-cli.ts';
import { accessRule, createCliWorld, issuer, manifest, type CliWorld } from '../support/cli-samples.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { runCommand } from '../support/run-command.ts';
import { runSql } from '../support/run-sql.ts';
import { startStubApi, type StubApi } from '../support/worker-world.ts';

const TOKEN = 'gateway-token-71c0e5a94b3d8f26';
let api: StubApi;
let postgres: TestPostgres;
beforeAll(async () => {
  [api, postgres] = await Promise.all([startStubApi(), startPostgres()]);
});
afterAll(async () => {
  await Promise.all([api.stop(), postgres.stop()]);
});

const objects = (): string =>
  [
    issuer('demo'),
    accessRule('viewers'),
    manifest('Cluster', 'demo', {
      server: `https://127.0.0.1:${api.port}`,
      certificateAuthorityData: Buffer.from(api.caPem).toString('base64'),
      credential: { token: TOKEN },
    }),
  ].join('---\n');
/** Whether the gateway's credential for the cluster can still be opened: the cluster has seen it. */
async function opens(world: CliWorld): Promise<boolean> {
  const { stdout } = await world.gatehouse('cluster list');
  return /demo .* reachable/.test(stdout) && api.lastAuthorization() === `Bearer ${TOKEN}`;
}

describe('with SQLite', () => {
  const world = createCliWorld();
  const keyFile = join(world.data, 'encryption.key');
  const database = join(world.data, 'gatehouse.db');
  const kept = join(world.folder, 'kept');
  afterAll(() => rmSync(world.folder, { recursive: true }));

  test('a rotation makes a new key, and keeps the former one for older backups', async () => {
    expect((await world.gatehouse('keys rotate')).stderr).toContain('there is no encryption key yet');
    expect((await world.gatehouse('apply -f -', objects())).code).toBe(0);
    const former = readFileSync(keyFile, 'utf8');
    mkdirSync(kept);
    await runSql({ sqlitePath: database }, `VACUUM INTO '${join(kept, 'backup.db')}'`);

    const rotated = await world.gatehouse('keys rotate');
    expect(rotated.stdout).toMatch(/^2 values sealed with key [0-9a-f]{16}\n$/);
    const now = readFileSync(keyFile, 'utf8');
    expect(now).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
    expect(now).not.toBe(former);
    const [file = ''] = readdirSync(world.data).filter((name) => name.startsWith('encryption.key.'));
    expect(readFileSync(join(world.data, file), 'utf8')).toBe(former);
    for (const name of [file, 'encryption.key']) expect(statSync(join(world.data, name)).mode & 0o777).toBe(0o600);
    expect(await opens(world)).toBe(true);
    cpSync(join(world.data, file), join(kept, 'former.key'));
  });

  test('an older backup opens with the former key, and with no other', async () => {
    for (const ending of ['', '-wal', '-shm']) rmSync(`${database}${ending}`, { force: true });
    cpSync(join(kept, 'backup.db'), database);
    const refused = await world.gatehouse('export');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('sealed with another encryption key')]);
    cpSync(join(kept, 'former.key'), keyFile);
    expect(await opens(world)).toBe(true);
    expect((await world.exported()).map(({ kind }) => kind)).toEqual(['Issuer', 'Cluster', 'AccessRule']);
  });

  test('of a key that is lost it is said what is lost with it; what is not sealed is as before', async () => {
    rmSync(keyFile);
    expect((await world.gatehouse('export')).stderr).toContain('the encryption key is missing');
    expect(readdirSync(world.data)).not.toContain('encryption.key');
    writeFileSync(keyFile, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    expect((await world.gatehouse('export')).stderr).toContain('gatehouse keys discard-lost');
    const told = await world.gatehouse('keys discard-lost');
    expect([told.code, told.stdout]).toEqual([
      1,
      expect.stringMatching(/^2 credentials and client secrets, sealed with/),
    ]);
    expect((await world.gatehouse('keys discard-lost --yes')).code).toBe(0);
    expect((await world.exported()).map(({ kind }) => kind)).toEqual(['Issuer', 'Cluster', 'AccessRule']);
    const { stderr } = await world.gatehouse('cluster list');
    expect(stderr).toContain('no token is stored for this cluster; apply it again with its credential');
    expect((await world.gatehouse('apply -f -', objects())).code).toBe(0);
    expect(await opens(world)).toBe(true);
  });
});

describe('with PostgreSQL', () => {
  test('a dump is restored with its key; a new key is given by hand, before the old one', async () => {
    const key = randomBytes(32).toString('base64');
    const databaseUrl = await postgres.createDatabase();
    const world = createCliWorld({ GATEHOUSE_DATABASE_URL: databaseUrl, GATEHOUSE_ENCRYPTION_KEY: key });
    try {
      expect((await world.gatehouse('apply -f -', objects())).code).toBe(0);
      const backup = join(world.folder, 'backup.sql');
      const dumped = await runCommand('pg_dump', ['--no-owner', '-f', backup, databaseUrl]);
      expect(dumped.stderr.toString()).toBe('');
      const restoredUrl = await postgres.createDatabase();
      await runCommand('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', backup, restoredUrl]);
      const environment = { ...world.environment, GATEHOUSE_DATABASE_URL: restoredUrl };
      const run = async (args: string, keys: string) =>
        await tryCli(args.split(' '), { ...environment, GATEHOUSE_ENCRYPTION_KEY: keys });
      expect((await run('cluster list', key)).stdout).toMatch(/demo .* reachable/);

      const next = randomBytes(32).toString('base64');
      expect((await run('keys rotate', key)).stderr).toContain('of every replica, apart by a comma');
      expect((await run('keys rotate', `${next},${key}`)).stdout).toMatch(/^2 values sealed with key /);
      expect((await run('cluster list', next)).stdout).toMatch(/demo .* reachable/);
      expect(api.lastAuthorization()).toBe(`Bearer ${TOKEN}`);
      expect((await run('export', key)).stderr).toContain('sealed with another encryption key');
    } finally {
      rmSync(world.folder, { recursive: true });
    }
  });
});
