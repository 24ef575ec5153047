/** Runs last (see the sequencer in vitest.config.ts): what every other file used must be in no database and no log. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { findEncoded } from '../support/find-secret.ts';
import { runSql } from '../support/run-sql.ts';
import { send } from './send-request.ts';
import { usedSecrets } from './used-secrets.ts';
import { control, world, type GatewayView } from './world.ts';

let secrets: Map<string, string>;
beforeAll(async () => {
  // However little else ran, there is a token of each kind among them.
  for (const gateway of world().gateways) {
    const token = gateway.people.alice.idToken;
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'dump', expiresInSeconds: 600 });
    expect((await send(gateway, '/-/me/tokens', { method: 'POST', token, headers, body })).status).toBeLessThan(300);
  }
  secrets = usedSecrets(world());
});

async function dump(gateway: GatewayView): Promise<Buffer> {
  if (gateway.engine === 'postgres') {
    const { base64 } = await control<{ base64: string }>('dump-postgres');
    return Buffer.from(base64, 'base64');
  }
  const database = join(gateway.directory, 'data', 'gatehouse.db');
  const files = ['', '-wal', '-shm'].map((ending) => database + ending).filter((file) => existsSync(file));
  return Buffer.concat(files.map((file) => readFileSync(file)));
}
/** Where each secret that was found comes from; never the secret. */
function search(haystack: Buffer): string[] {
  return [...secrets].flatMap(([secret, where]) => findEncoded(secret, haystack).map((shape) => `${where}: ${shape}`));
}
const where = (gateway: GatewayView): { sqlitePath: string } | { databaseUrl: string } =>
  gateway.engine === 'postgres'
    ? { databaseUrl: gateway.environment.GATEHOUSE_DATABASE_URL ?? '' }
    : { sqlitePath: join(gateway.directory, 'data', 'gatehouse.db') };

describe.each(world().gateways)('on $engine', (gateway) => {
  it('none of the secrets that the tests used is in the dump of the database', async () => {
    const found = await dump(gateway);
    expect(found.length).toBeGreaterThan(50_000);
    expect(secrets.size).toBeGreaterThanOrEqual(15);
    console.log(`${secrets.size} secrets searched for in ${Math.round(found.length / 1024)} KiB on ${gateway.engine}`);
    expect(search(found)).toEqual([]);
  });

  it('nor in the log of the gateway', () => {
    expect(search(readFileSync(gateway.logFile))).toEqual([]);
  });

  it('one that is planted there is found, however it is spelt', async () => {
    const [secret = ''] = secrets.keys();
    for (const value of [secret, Buffer.from(`x${secret}`).toString('base64'), Buffer.from(secret).toString('hex')])
      expect(search(Buffer.from(`… ${value} …`))).not.toEqual([]);
    await runSql(where(gateway), 'CREATE TABLE planted (value text)');
    try {
      await runSql(where(gateway), `INSERT INTO planted VALUES ('${secret}')`);
      expect(search(await dump(gateway))).not.toEqual([]);
    } finally {
      await runSql(where(gateway), 'DROP TABLE planted');
    }
  });
});
