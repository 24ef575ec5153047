import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signIdToken } from '../support/identity-provider.ts';
import { bothEngines, world, type GatewayView } from './world.ts';

interface CurlAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: string;
}

/** The real curl, as a person would paste it. */
function curl(gateway: GatewayView, path: string, args: readonly string[] = []): Promise<CurlAnswer> {
  return new Promise((resolve, reject) => {
    execFile(
      'curl',
      ['-sS', '-i', '--max-time', '20', '--cacert', gateway.caFile, ...args, gateway.url + path],
      { maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error) return reject(new Error(stderr));
        const at = stdout.indexOf('\r\n\r\n');
        resolve({
          headers: stdout.slice(0, at),
          body: stdout.slice(at + 4),
          status: Number(/^HTTP\/[\d.]+ (\d+)/.exec(stdout)?.[1]),
        });
      },
    );
  });
}

const bearer = (token: string): string[] => ['-H', `Authorization: Bearer ${token}`];

describe.each(bothEngines())('curl with bob’s token, gateway on $engine', (gateway) => {
  const bob = bearer(gateway.people.bob.idToken);

  it('refuses no token with 401, a Status and the scheme', async () => {
    const answer = await curl(gateway, '/api/v1/namespaces/team-a/pods');
    expect(answer.status).toBe(401);
    expect(answer.headers.toLowerCase()).toContain('www-authenticate: bearer');
    expect(JSON.parse(answer.body)).toMatchObject({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Unauthorized',
      code: 401,
    });
  });

  it('refuses an expired token with 401', async () => {
    const expired = await signIdToken(world().identityProvider, 'bob', { expiresInSeconds: -120 });
    const answer = await curl(gateway, '/api/v1/namespaces/team-a/pods', bearer(expired));
    expect(answer.status).toBe(401);
    expect((JSON.parse(answer.body) as { message: string }).message).toContain('expired');
  });

  it('refuses two explicit credentials with 400', async () => {
    const answer = await curl(gateway, '/api/v1/namespaces/team-a/pods', [...bob, ...bob]);
    expect(answer.status).toBe(400);
  });

  it('does not look at a cookie beside a token', async () => {
    const answer = await curl(gateway, '/api/v1/namespaces/team-a/pods', [
      ...bearer('nonsense'),
      '-H',
      'Cookie: __Host-gatehouse-session=x',
    ]);
    expect(answer.status).toBe(401);
  });

  it('denies secrets with a Status that names the missing rule', async () => {
    const answer = await curl(gateway, '/api/v1/namespaces/team-a/secrets', bob);
    expect(answer.status).toBe(403);
    const status = JSON.parse(answer.body) as { message: string; reason: string };
    expect(status.reason).toBe('Forbidden');
    expect(status.message).toContain(
      'User "demo:bob" (issuer demo) cannot list resource "secrets" in API group "" in the namespace "team-a"',
    );
    expect(status.message).toContain('no access rule allows it');
  });

  it('denies another namespace', async () => {
    expect((await curl(gateway, '/api/v1/namespaces/team-b/pods', bob)).status).toBe(403);
  });

  it('knows no cluster of another name', async () => {
    expect((await curl(gateway, '/clusters/nothing/api', bob)).status).toBe(404);
  });

  it('lists the pods of team-a, by both addresses', async () => {
    for (const prefix of ['', '/clusters/demo']) {
      const answer = await curl(gateway, `${prefix}/api/v1/namespaces/team-a/pods`, bob);
      expect(answer.status).toBe(200);
      expect((JSON.parse(answer.body) as { items: unknown[] }).items.length).toBeGreaterThan(0);
    }
  });

  it('lists the API’s paths at /, as kubectl proxy does', async () => {
    const answer = await curl(gateway, '/', bob);
    expect(answer.status).toBe(200);
    expect((JSON.parse(answer.body) as { paths: string[] }).paths).toContain('/api/v1');
  });

  it('sends a browser that opens / to the console', async () => {
    const answer = await curl(gateway, '/', ['-H', 'Accept: text/html,application/xhtml+xml']);
    expect(answer.status).toBe(302);
    expect(answer.headers).toContain('Location: /-/');
  });

  it('shows the pod’s page through the service proxy', async () => {
    const answer = await curl(gateway, '/api/v1/namespaces/team-a/services/web/proxy/', bob);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('Hello from pod team-a/web');
  });

  it('takes a body that was announced with Expect: 100-continue', async () => {
    const alice = bearer(gateway.people.alice.idToken);
    const file = join(gateway.directory, 'expect-body.json');
    writeFileSync(
      file,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `expected-${gateway.engine}` },
        data: { a: 'x'.repeat(200_000) },
      }),
    );
    const answer = await curl(gateway, '/api/v1/namespaces/team-a/configmaps', [
      ...alice,
      '-H',
      'Expect: 100-continue',
      '-H',
      'Content-Type: application/json',
      '--data-binary',
      `@${file}`,
    ]);
    expect(`${answer.headers}${answer.body}`).toMatch(/^HTTP\/1.1 100 Continue/);
    expect(`${answer.headers}${answer.body}`).toContain('HTTP/1.1 201 Created');
  });

  it('does not ask for the body of a request that is denied', async () => {
    const answer = await curl(gateway, '/api/v1/namespaces/team-b/configmaps', [
      ...bob,
      '-H',
      'Expect: 100-continue',
      '-H',
      'Content-Type: application/json',
      '--data-binary',
      '{}',
    ]);
    expect(answer.status).toBe(403);
  });

  it('answers HEAD without a body and with the length', async () => {
    const answer = await curl(gateway, '/api/v1/namespaces/team-a/services/web/proxy/', [...bob, '-I']);
    expect(answer.status).toBe(200);
    expect(answer.body).toBe('');
  });
});
