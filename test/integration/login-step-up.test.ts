import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Demands, FinishedLogin } from '#login';
import { ORDINARY_ACR, STRONG_ACR } from '../support/identity-provider-login.ts';
import { startLoginWorld, type LoginWorld } from '../support/identity-provider-login-world.ts';
import type { SmallBrowser } from '../support/identity-provider-browser.ts';

let world: LoginWorld;
beforeAll(async () => {
  world = await startLoginWorld();
});
afterAll(() => world?.stop());

async function logIn(browser: SmallBrowser, demands: Demands = {}, password?: string): Promise<FinishedLogin> {
  const callback = await browser.logIn(await world.begin(browser, '/-/', 'demo', demands), 'alice', password);
  return await world.end(browser, callback);
}
const claimsOf = (finished: FinishedLogin): Readonly<Record<string, unknown>> => {
  if (!finished.ok) throw new Error(finished.message, { cause: finished.cause });
  return finished.claims;
};
const nowSeconds = (): number => Date.now() / 1000;

describe('a login that is asked to be stronger', () => {
  test('does not end in a session where the provider gives another acr', async () => {
    const finished = await logIn(world.browser(), { acrValues: ['urn:nobody:has'], prompt: 'login' });
    expect(finished).toMatchObject({ ok: false, code: 'invalidCredential' });
    expect(finished.ok || finished.message).toContain('as strongly as was asked for (acr "urn:nobody:has")');
  });

  test('goes by the provider’s old session while that is young enough, and asks anew for prompt=login', async () => {
    const browser = world.browser();
    await logIn(browser);
    // A wrong password would be noticed: the provider shows no form.
    const { auth_time: first } = claimsOf(await logIn(browser, { maxAgeSeconds: 600 }, 'wrong'));
    expect(Math.abs(nowSeconds() - Number(first))).toBeLessThan(60);
    await expect(logIn(browser, { maxAgeSeconds: 600, prompt: 'login' }, 'wrong')).rejects.toThrow('answered 401');
    await expect(logIn(browser, { maxAgeSeconds: 0 }, 'wrong')).rejects.toThrow('answered 401');
    claimsOf(await logIn(browser, { maxAgeSeconds: 0 }));
  });

  test('keeps auth_time and acr of the ID token in the session', async () => {
    const browser = world.browser();
    expect(claimsOf(await logIn(browser))).not.toHaveProperty('auth_time');
    const finished = await logIn(browser, { maxAgeSeconds: 300, acrValues: [STRONG_ACR], prompt: 'login' });
    const { auth_time: at, acr } = claimsOf(finished);
    expect([acr, Math.abs(nowSeconds() - Number(at)) < 60]).toEqual([STRONG_ACR, true]);
    const token = /__Host-gatehouse-session=([^;]+)/.exec(browser.cookieHeader('127.0.0.1') ?? '')?.[1] ?? '';
    expect(await world.store.sessions.find(token)).toMatchObject({ acr: STRONG_ACR, authenticatedAtSeconds: at });
  });

  test('of one that was ordinary before replaces its session', async () => {
    const browser = world.browser();
    const tokenOf = () => /__Host-gatehouse-session=([^;]+)/.exec(browser.cookieHeader('127.0.0.1') ?? '')?.[1] ?? '';
    claimsOf(await logIn(browser, { acrValues: [ORDINARY_ACR] }));
    const former = tokenOf();
    claimsOf(await logIn(browser, { acrValues: [STRONG_ACR], prompt: 'login' }));
    expect([await world.store.sessions.find(former), tokenOf() === former]).toEqual([undefined, false]);
  });
});
