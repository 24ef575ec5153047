/** Another provider that people run: Dex, with its own idea of subjects, and no logout. */
import { expect, test } from 'vitest';
import { useDex } from '../dex/use-dex.ts';
import { openFrontPage } from '../e2e/log-in.ts';
import { PODS } from '../support/session-world.ts';

const suite = useDex();

test('a wrong password at Dex opens no session, nor does an address that is not verified', async () => {
  const { page, context } = await openFrontPage(suite.browser, suite.gateway.url);
  await suite.typePassword(page, 'alice', 'wrong');
  await page.getByText(/Invalid/).waitFor();
  await context.close();
  const mallory = await suite.answerDex('mallory');
  await mallory.page.getByText('has an e-mail address that is not verified').waitFor();
  expect((await mallory.context.cookies()).some(({ name }) => name.includes('gatehouse-session'))).toBe(false);
  await mallory.context.close();
});

test('tokens of another client are good where Dex gives them for the gateway too, and else told whose they are', async () => {
  const ask = async (token: string): Promise<{ status: number; body: string }> => {
    const { status, body } = await suite.gateway.asAnybody(PODS, { headers: { authorization: `Bearer ${token}` } });
    return { status, body: body.toString() };
  };
  const foreign = await suite.dex.passwordGrant('alice', 'openid email groups');
  expect(await ask(foreign)).toMatchObject({
    status: 401,
    body: expect.stringMatching(/for the audience \\"other\\", and issuer \\"demo\\" takes \\"gatehouse\\"/),
  });
  const peers = await suite.dex.passwordGrant('alice', 'openid email groups audience:server:client_id:gatehouse');
  expect(await ask(peers)).toMatchObject({ status: 200 });
});

test('alice is named by her address and has Dex’s groups; logging out ends her session here, Dex having no place for it', async () => {
  const alice = await suite.logIn('alice');
  const text = await alice.page.locator('main').innerText();
  for (const name of ['demo:alice@example.com', 'demo:team-a-admins', 'demo:others']) expect(text).toContain(name);
  expect(await suite.statusOf(alice)).toBe(200);
  await alice.page.getByRole('button', { name: 'Log out' }).click();
  await alice.page.getByRole('link', { name: /^Log in with demo/ }).waitFor();
  expect(await suite.statusOf(alice)).toBe(401);
  await alice.context.close();
});
