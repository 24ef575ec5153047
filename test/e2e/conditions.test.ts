import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { STRONG_ACR } from '../support/identity-provider-login.ts';
import { signIdToken } from '../support/identity-provider-tokens.ts';
import { createObject, deleteObject } from './own-objects.ts';
import { AUDIT_EVENTS } from './read-gateway-log.ts';
import { kubectl } from './run-kubectl.ts';
import { send } from './send-request.ts';
import { bothEngines, world, type GatewayView } from './world.ts';

const CONFIG_MAPS = '/api/v1/namespaces/team-a/configmaps';
const NAME = 'e2e-conditions';
const spec = (conditions: object, more: object = {}) => ({
  subjects: [{ issuer: 'demo', user: 'demo:bob' }],
  clusters: ['demo'],
  conditions,
  rules: [{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['configmaps'], namespaces: ['team-a'] }],
  ...more,
});
/** The API server's own RBAC lets bob read no config maps: a 403 in its words is our yes. */
const passed = (body: string): boolean => body.includes('User \\"demo:bob\\" cannot list resource \\"configmaps\\"');
const rule = { kind: 'AccessRule', name: NAME } as const;
const createRule = (gateway: GatewayView, ofRule: object) => createObject(gateway, { ...rule, spec: ofRule });
const deleteRule = (gateway: GatewayView): Promise<void> => deleteObject(gateway, rule);
const versionOf = (body: string): string =>
  (JSON.parse(body) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const bobWith = (claims: Record<string, unknown>): Promise<string> => {
  const { issuerUrl, clientId, signingKey } = world().identityProvider;
  return signIdToken({ issuerUrl, clientId, signingKey: signingKey as never }, 'bob', { claims });
};

describe.each(bothEngines())('conditions of access rules on $engine', (gateway) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu'],
    });
  });
  afterAll(() => browser?.close());
  afterEach(() => deleteRule(gateway));
  const list = async (token: string, headers: Record<string, string> = {}) =>
    await send(gateway, CONFIG_MAPS, { token, headers });

  it('refuse what would open a Deny by itself, with the field and what would be right', async () => {
    const answer = await createRule(gateway, spec({ notAfter: '2999-01-01T00:00:00Z' }, { effect: 'Deny' }));
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.body)).toMatchObject({
      details: {
        causes: [{ field: 'spec.conditions.notAfter', message: expect.stringContaining('would open by itself') }],
      },
    });
  });

  it('count the client’s address as seen, not as told', async () => {
    const { idToken } = gateway.people.bob;
    await createRule(gateway, spec({ sourceAddresses: ['203.0.113.0/24'] }));
    for (const headers of [
      {},
      { 'x-forwarded-for': '203.0.113.9' },
      { forwarded: 'for=203.0.113.9' },
      { 'x-real-ip': '203.0.113.9' },
    ]) {
      const { status, body } = await list(idToken, headers as Record<string, string>);
      expect([status, body]).toEqual([403, expect.stringContaining('only from other addresses than 127.0.0.1')]);
    }
    await deleteRule(gateway);
    await createRule(gateway, spec({ sourceAddresses: ['127.0.0.0/8'] }));
    expect(passed((await list(idToken)).body)).toBe(true);
  });

  it('end by the clock, without any change', async () => {
    await createRule(gateway, spec({ notAfter: new Date(Date.now() + 1500).toISOString() }));
    expect(passed((await list(gateway.people.bob.idToken)).body)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 1600));
    const { body } = await list(gateway.people.bob.idToken);
    expect([passed(body), body]).toEqual([false, expect.stringContaining('which allowed it, ended at')]);
  });

  it('ask for a newer login by the challenge of RFC 9470, by auth_time and never by iat', async () => {
    await createRule(gateway, spec({ maxAuthenticationAgeSeconds: 300 }));
    for (const claims of [
      {},
      { auth_time: nowSeconds() - 900 },
      { auth_time: nowSeconds() + 900 },
      { auth_time: 'now' },
    ]) {
      const { status, headers, body } = await list(await bobWith(claims));
      expect([claims, status]).toEqual([claims, 401]);
      expect(headers['www-authenticate']).toMatch(/^Bearer .*error="insufficient_user_authentication".*max_age="300"$/);
      expect(JSON.parse(body)).toMatchObject({
        reason: 'Unauthorized',
        code: 401,
        message: expect.stringMatching(/only within 300 seconds of logging in.*must ask the issuer for max_age=300$/),
      });
    }
    expect(passed((await list(await bobWith({ auth_time: nowSeconds() - 200 }))).body)).toBe(true);
  });

  it('ask for an acr, and give a denial its rule, its version and one text everywhere', async () => {
    const created = await createRule(gateway, spec({ acrValues: [STRONG_ACR] }));
    const { headers } = await list(await bobWith({ acr: 'weak' }));
    expect(headers['www-authenticate']).toContain(`acr_values="${STRONG_ACR}"`);
    const strong = await list(await bobWith({ acr: STRONG_ACR }));
    expect(passed(strong.body)).toBe(true);
    expect(await recordOf(gateway, strong.headers['audit-id'])).toMatchObject({
      'gatehouse.dev/rule': NAME,
      'gatehouse.dev/rule-version': versionOf(created.body),
      'gatehouse.dev/reason': `access rule "${NAME}" allows it`,
    });
    await deleteRule(gateway);
    const deny = await createRule(gateway, { ...spec({ sourceAddresses: ['127.0.0.0/8'] }), effect: 'Deny' });
    const denied = await list(await bobWith({}));
    const { message } = JSON.parse(denied.body) as { message: string };
    expect(message).toBe(
      `configmaps is forbidden: User "demo:bob" (issuer demo) cannot list resource "configmaps" in API group "" in the namespace "team-a" on cluster "demo": access rule "${NAME}" denies it; ask an admin of this gateway, group "demo:cluster-admins" (issuer demo), to change it`,
    );
    expect(await recordOf(gateway, denied.headers['audit-id'])).toMatchObject({
      'gatehouse.dev/rule': NAME,
      'gatehouse.dev/rule-version': versionOf(deny.body),
      'gatehouse.dev/reason': message,
    });
  });

  it('make kubectl run its login plugin again, and its next command is let through', async () => {
    await createRule(gateway, spec({ maxAuthenticationAgeSeconds: 300 }));
    const folder = mkdtempSync(join(world().directory, 'plugin-'));
    const token = join(folder, 'token');
    const runs = join(folder, 'runs');
    const plugin = join(folder, 'login');
    writeFileSync(
      plugin,
      `#!/bin/sh\necho run >> ${runs}\nprintf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$(cat ${token})"\n`,
    );
    chmodSync(plugin, 0o700);
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(
      kubeconfig,
      readFileSync(gateway.people.bob.kubeconfig, 'utf8').replace(
        /^users:[\s\S]*/m,
        stringify({
          users: [
            {
              name: 'bob',
              user: {
                exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' },
              },
            },
          ],
        }),
      ),
    );
    const get = () => kubectl(kubeconfig, ['-n', 'team-a', 'get', 'configmaps']);
    writeFileSync(token, await bobWith({ auth_time: nowSeconds() - 900 }));
    const first = await get();
    expect(first.stderr).toContain('You must be logged in to the server');
    expect(readFileSync(runs, 'utf8').split('\n').length - 1).toBeGreaterThan(1);
    writeFileSync(token, await bobWith({ auth_time: nowSeconds() }));
    expect((await get()).stderr).toContain('User "demo:bob" cannot list resource "configmaps"');
  });

  it('send a browser to a stronger login and back, and let it in then', async () => {
    await createRule(gateway, {
      ...spec({ acrValues: [STRONG_ACR], maxAuthenticationAgeSeconds: 3600 }),
      clusters: ['gatehouse'],
      rules: [{ verbs: ['get', 'list'], apiGroups: ['gatehouse.dev'], resources: ['accessrules'] }],
    });
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(`${gateway.url}/-/accessrules`);
    await page.getByRole('link', { name: /^Log in with/ }).click();
    await page.getByLabel('Name').fill('bob');
    await page.getByLabel('Password').fill(gateway.people.bob.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toContain(
      `log in again at ${gateway.url}/-/auth/login?issuer=demo`,
    );
    const [tab] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'Log in again' }).click(),
    ]);
    await tab.getByLabel('Name').fill('bob');
    await tab.getByLabel('Password').fill(gateway.people.bob.password);
    await tab.getByRole('button', { name: 'Log in' }).click();
    await tab.getByRole('table', { name: 'Access rules' }).waitFor();
    // The first tab holds the new session too.
    await page.reload();
    await page.getByRole('table', { name: 'Access rules' }).waitFor();
    await context.close();
  });

  it('and what a rule gives beyond what it seems are told to whoever saves it', async () => {
    const risky = { verbs: ['create'], apiGroups: [''], resources: ['pods', 'serviceaccounts/token'] };
    const { status, headers } = await createRule(gateway, {
      ...spec({ notAfter: '2999-01-01T00:00:00Z' }),
      rules: [risky],
    });
    expect([status, String(headers.warning)]).toEqual([201, expect.stringContaining('mount every secret')]);
    await deleteRule(gateway);
    const manifest = { apiVersion: 'gatehouse.dev/v1alpha1', kind: 'AccessRule', metadata: { name: NAME } };
    const input = JSON.stringify({
      ...manifest,
      spec: { ...spec({ sourceAddresses: ['10.0.0.0/8'] }), rules: [risky] },
    });
    const made = await kubectl(
      gateway.people.root.kubeconfig,
      ['--server', `${gateway.url}/clusters/gatehouse`, 'create', '--validate=false', '-f', '-'],
      { input },
    );
    expect([made.code, made.stdout]).toEqual([0, expect.stringContaining(`accessrule.gatehouse.dev/${NAME} created`)]);
    expect(made.stderr).toContain('Warning: spec.rules[0] allows serviceaccounts/token, which makes tokens');

    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(`${gateway.url}/-/accessrules?name=${NAME}`);
    await page.getByRole('link', { name: /^Log in with/ }).click();
    await page.getByLabel('Name').fill('root');
    await page.getByLabel('Password').fill(gateway.people.root.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    expect(await page.getByRole('region', { name: 'Warnings' }).innerText()).toContain('mount every secret');
    await context.close();
  });
});

async function recordOf(gateway: GatewayView, auditId: unknown): Promise<Record<string, string> | undefined> {
  const token = gateway.people.carol.idToken;
  const { body } = await send(gateway, `${AUDIT_EVENTS}/${String(auditId)}`, { token });
  return (JSON.parse(body) as { annotations?: Record<string, string> }).annotations;
}
