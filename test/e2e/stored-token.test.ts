import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { startGateway } from '../demo/start-gateway.ts';
import { tryCli } from '../demo/run-cli.ts';
import { findFreePort } from '../support/find-free-port.ts';
import { findSecret } from '../support/find-secret.ts';
import { runSql } from '../support/run-sql.ts';
import { kubectl } from './run-kubectl.ts';
import { send } from './send-request.ts';
import { bothEngines, control, gatewayOn, readServerLog, type GatewayView } from './world.ts';

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Everything of a gateway that lies on a disk, and a dump of its database. */
async function everythingStored(gateway: GatewayView): Promise<Map<string, Buffer>> {
  const stored = new Map(
    filesBelow(gateway.directory)
      .filter((file) => !file.endsWith('kubeconfig'))
      .map((file) => [file, readFileSync(file)]),
  );
  if (gateway.engine === 'postgres')
    stored.set('pg_dump', Buffer.from((await control<{ base64: string }>('dump-postgres')).base64, 'base64'));
  return stored;
}

describe.each(bothEngines())('dave’s stored token on $engine', (gateway) => {
  it('brings his requests to the API server as his service account, without Impersonate headers', async () => {
    const marker = `stored-${gateway.engine}-${Date.now()}`;
    expect((await kubectl(gateway.people.dave.kubeconfig, ['-n', 'team-a', 'get', 'pod', 'web'])).code).toBe(0);
    await send(gateway, `/api/v1/namespaces/team-a/pods/${marker}`, { token: gateway.people.dave.idToken });
    const [seen] = readServerLog().filter((event) => event.requestURI.includes(marker));
    expect(seen?.user.username).toBe('system:serviceaccount:team-a:dave');
    expect(seen?.impersonatedUser).toBeUndefined();
    // Streams by their own connection, and so without the gateway's certificate, which would win over the token.
    const logs = await kubectl(gateway.people.dave.kubeconfig, ['-n', 'team-a', 'logs', 'web', '--tail=1']);
    expect(logs.code).toBe(0);
    const exec = await kubectl(gateway.people.dave.kubeconfig, ['-n', 'team-a', 'exec', 'web', '--', 'id']);
    expect(exec.code).not.toBe(0);
  });

  it('is nowhere in clear: not raw, not in base64 or hex, not in pieces', async () => {
    const stored = await everythingStored(gateway);
    expect(stored.size).toBeGreaterThan(3);
    for (const [name, bytes] of stored) expect(findSecret(gateway.daveUpstreamToken, bytes), name).toEqual([]);
    for (const [name, bytes] of stored) expect(findSecret(gateway.people.bob.idToken, bytes), name).toEqual([]);
  });

  it('would have been found', () => {
    expect(
      findSecret(gateway.daveUpstreamToken, Buffer.from(`x${Buffer.from(gateway.daveUpstreamToken).toString('hex')}`)),
    ).not.toEqual([]);
  });

  it('is not shown by any answer about dave', async () => {
    const me = await send(gateway, '/-/me', { token: gateway.people.dave.idToken });
    expect(me.status).toBe(200);
    expect(findSecret(gateway.daveUpstreamToken, Buffer.from(me.body))).toEqual([]);
    expect(JSON.parse(me.body)).toMatchObject({
      clusters: [
        {
          name: 'demo',
          mode: 'storedToken',
          user: 'system:serviceaccount:team-a:dave',
          storedToken: { present: true },
        },
      ],
    });
  });

  it('says before it ends that it will, to whoever reads warnings as kubectl does, and when it was last used', async () => {
    const database =
      gateway.engine === 'postgres'
        ? { databaseUrl: gateway.environment.GATEHOUSE_DATABASE_URL ?? '' }
        : { sqlitePath: join(gateway.directory, 'data', 'gatehouse.db') };
    const ask = () => send(gateway, '/api/v1/namespaces/team-a/pods', { token: gateway.people.dave.idToken });
    expect((await ask()).headers.warning).toBeUndefined();
    const [row] = (await runSql(database, 'SELECT expires_at_ms FROM stored_tokens')) as { expires_at_ms: number }[];
    const endsAtMs = Date.now() + 60_000;
    await runSql(database, `UPDATE stored_tokens SET expires_at_ms = ${endsAtMs}, saved_at_ms = saved_at_ms - 3600000`);
    try {
      const { headers } = await ask();
      expect(headers.warning).toMatch(
        /^299 - "your stored token for cluster \\"demo\\" ends at 20.*; enter a new one at/,
      );
      const seen = await kubectl(gateway.people.dave.kubeconfig, ['-n', 'team-a', 'get', 'pod', 'web']);
      expect(seen.stderr).toContain('Warning: your stored token for cluster "demo" ends at');
      const others = await send(gateway, '/api/v1/namespaces/team-a/pods', { token: gateway.people.bob.idToken });
      expect(others.headers.warning).toBeUndefined();
    } finally {
      await runSql(
        database,
        `UPDATE stored_tokens SET expires_at_ms = ${row?.expires_at_ms ?? 'NULL'}, saved_at_ms = saved_at_ms + 3600000`,
      );
    }
    // Written with others, every half minute.
    await expect
      .poll(async () => (await tryCli(['upstream-token', 'list'], gateway.environment)).stdout, {
        timeout: 40_000,
        interval: 4_000,
      })
      .toMatch(/demo:dave .* stored +20\S+ +20\S+ +20\S+/);
  });

  it('cannot be replaced by what the cluster does not know, nor by a member of system:masters', async () => {
    const put = (token: string) =>
      send(gateway, '/-/me/upstream-tokens/demo', {
        method: 'PUT',
        token: gateway.people.dave.idToken,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token }),
      });
    expect((await put('nonsense')).status).toBe(403);
    expect((await put('not a token\r\nImpersonate-User: root')).status).toBe(422);
    const refused = await send(gateway, '/-/me/upstream-tokens/demo', {
      method: 'PUT',
      token: gateway.people.bob.idToken,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: gateway.daveUpstreamToken }),
    });
    expect(refused.status).toBe(403);
    expect((await kubectl(gateway.people.dave.kubeconfig, ['-n', 'team-a', 'get', 'pod', 'web'])).code).toBe(0);
  });

  it('can be entered anew by dave himself, who is told whom it is', async () => {
    const answer = await send(gateway, '/-/me/upstream-tokens/demo', {
      method: 'PUT',
      token: gateway.people.dave.idToken,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: gateway.daveUpstreamToken }),
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ user: 'system:serviceaccount:team-a:dave' });
    expect(answer.body).not.toContain(gateway.daveUpstreamToken);
  });
});

describe('the encryption key', () => {
  it('must be the one that sealed the rows: another or none refuses to start', async () => {
    const sqlite = gatewayOn('sqlite');
    // A copy of the database: the gateway that runs on it would be named instead.
    const data = mkdtempSync(join(sqlite.directory, 'copy-'));
    const original = new SqliteDatabase(join(sqlite.directory, 'data', 'gatehouse.db'), { readonly: true });
    await original.backup(join(data, 'gatehouse.db'));
    original.close();
    const keyFile = join(data, 'encryption.key');
    cpSync(join(sqlite.directory, 'data', 'encryption.key'), keyFile);
    expect(statSync(join(sqlite.directory, 'data', 'encryption.key')).mode & 0o077).toBe(0);
    const start = async (more: Record<string, string>, log: string) =>
      await startGateway(
        {
          ...sqlite.environment,
          GATEHOUSE_DATA_DIRECTORY: data,
          GATEHOUSE_LISTEN_PORT: String(await findFreePort()),
          ...more,
        },
        join(sqlite.directory, log),
      );
    const otherKey = { GATEHOUSE_ENCRYPTION_KEY: randomBytes(32).toString('base64') };
    await expect(start(otherKey, 'wrong-key.log')).rejects.toThrow(/key/);
    rmSync(keyFile);
    await expect(start({}, 'no-key.log')).rejects.toThrow(/key/);
    expect(existsSync(keyFile)).toBe(false);
  });

  it('must be given for PostgreSQL and must not be weak', async () => {
    const postgres = gatewayOn('postgres');
    const { GATEHOUSE_ENCRYPTION_KEY: _key, ...without } = postgres.environment;
    await expect(
      startGateway(
        { ...without, GATEHOUSE_LISTEN_PORT: String(await findFreePort()) },
        join(postgres.directory, 'no-key.log'),
      ),
    ).rejects.toThrow(/key/i);
    const weak = {
      ...postgres.environment,
      GATEHOUSE_LISTEN_PORT: String(await findFreePort()),
      GATEHOUSE_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    };
    await expect(startGateway(weak, join(postgres.directory, 'weak-key.log'))).rejects.toThrow(/key/i);
  });

  it('is not printed by the command line, and a token is not taken from its arguments', async () => {
    const sqlite = gatewayOn('sqlite');
    const result = await tryCli(['upstream-token', 'list'], sqlite.environment);
    expect(result.code).toBe(0);
    expect(result.stdout).not.toContain(sqlite.daveUpstreamToken);
    writeFileSync(join(sqlite.directory, 'cli-output'), result.stdout);
    const exported = await tryCli(['export'], sqlite.environment);
    expect(exported.code).toBe(0);
    expect(exported.stdout).not.toMatch(/PRIVATE KEY|clientSecret: ['"]?\w/);
  });
});
