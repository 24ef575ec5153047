/** The console takes scripts from its own files only, in a real browser. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, logIn, newContext } from './log-in.ts';
import { send, sendRaw } from './send-request.ts';
import { gatewayOn } from './world.ts';

const POD_SCRIPT = '/api/v1/namespaces/team-a/services/web/proxy/script.js';
const gateway = gatewayOn('sqlite');
let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
  page = await (await newContext(browser)).newPage();
  await logIn(page, gateway, 'bob', '/-/');
  await page.getByRole('link', { name: 'Access tokens' }).waitFor();
});
afterAll(() => browser?.close());

/** What becomes of a script element in the console's page. In words: this program has no types of a browser. */
const load = (src: string, type: string): Promise<string> =>
  page.evaluate(`new Promise((resolve) => {
    document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true });
    const script = Object.assign(document.createElement('script'), ${JSON.stringify({ src, type })});
    script.addEventListener('load', () => resolve('loaded'));
    script.addEventListener('error', () => setTimeout(() => resolve('failed'), 500));
    document.head.append(script);
  })`);

describe('the console', () => {
  it('has a policy with the host that was asked for, and none that a request makes up', async () => {
    const policyOf = async (target: string, host: string): Promise<string> => {
      const raw = await sendRaw(gateway, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      return /^content-security-policy: (.*)$/im.exec(raw)?.[1] ?? raw;
    };
    const host = new URL(gateway.url).host;
    expect(await policyOf('/-/', host)).toContain(`script-src ${host}/-/assets/; `);
    // Probes are answered for any host.
    expect(await policyOf('/-/healthz', 'inner.example')).toContain(
      `script-src inner.example/-/assets/ ${host}/-/assets/; `,
    );
    for (const odd of ['a;b', '[::1]:8443', '*'])
      expect([odd, await policyOf('/-/healthz', odd)]).toEqual([odd, expect.stringContaining("script-src 'self'; ")]);
  });

  it.each(['text/javascript', 'module'])('runs no script of a pod on its own host, as %s', async (type) => {
    const answer = await send(gateway, POD_SCRIPT, { token: gateway.people.bob.idToken });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/javascript']);
    for (const source of [POD_SCRIPT, `/-/assets/../..${POD_SCRIPT}`, `/-/assets/%2e%2e/%2e%2e${POD_SCRIPT}`]) {
      expect([source, await load(source, type)]).toEqual([source, 'script-src-elem']);
      expect(await page.title()).not.toBe('a pod has run');
    }
    const own = await page.evaluate<string>(`document.querySelector('script[src^="/-/assets/"]').src`);
    expect(await load(`${own}?again`, type)).toBe('loaded');
  });

  it('starts no worker of a pod’s script', async () => {
    const outcome = await page.evaluate<string>(`new Promise((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true });
      try {
        new Worker(${JSON.stringify(POD_SCRIPT)}).addEventListener('error', () => setTimeout(() => resolve('failed'), 500));
      } catch (error) {
        resolve(error.name);
      }
    })`);
    expect(['worker-src', 'SecurityError']).toContain(outcome);
  });
});
