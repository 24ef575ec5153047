/** The same command on PostgreSQL: what differs is the engine, so a walk through is enough. */
import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tryCli } from '../demo/run-cli.ts';
import { accessRule, CLIENT_SECRET, createCliWorld, issuer, type CliWorld } from '../support/cli-samples.ts';
import { findSecret } from '../support/find-secret.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

let postgres: TestPostgres;
let world: CliWorld;
let databaseUrl = '';

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase();
  world = createCliWorld({
    GATEHOUSE_DATABASE_URL: databaseUrl,
    GATEHOUSE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  });
});
afterAll(async () => {
  await postgres.stop();
  rmSync(world.folder, { recursive: true });
});

test('without an encryption key nothing is opened', async () => {
  const { GATEHOUSE_ENCRYPTION_KEY: _key, ...environment } = world.environment;
  expect(await tryCli(['migrate'], environment)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('PostgreSQL needs an encryption key'),
  });
});

test('migrate, apply, admin grant, export and audit list work, and no secret is in the dump', async () => {
  expect(await world.gatehouse('migrate')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^postgres schema is at /),
  });
  expect(await world.gatehouse('apply -f -', `${issuer('demo')}---\n${accessRule('viewers')}`)).toMatchObject({
    code: 0,
    stdout: 'issuer/demo created\naccessrule/viewers created\n',
  });
  expect(await world.gatehouse('apply -f -', accessRule('viewers'))).toMatchObject({
    code: 0,
    stdout: 'accessrule/viewers unchanged\n',
  });
  expect(await world.gatehouse('admin grant --issuer demo --group demo:admins')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('created'),
  });
  expect((await world.exported()).map(({ kind }) => kind)).toEqual(['Issuer', 'AccessRule', 'AccessRule']);
  expect((await world.gatehouse('audit list --verb create')).stdout.trim().split('\n')).toHaveLength(4);
  expect(findSecret(CLIENT_SECRET, await postgres.dump(databaseUrl))).toEqual([]);
});

test('no file of SQLite is made beside it', () => {
  expect(readdirSync(world.folder)).not.toContain('data');
});
