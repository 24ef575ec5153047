/** A provider that is not from npm: Keycloak, with a browser's login, its groups, its logout tokens. */
import { expect, test } from 'vitest';
import { openFrontPage } from '../e2e/log-in.ts';
import { PASSWORD, useKeycloak } from '../keycloak/use-keycloak.ts';

/** Promised is a second after the logout token; asserted at five times that, and the real value printed. */
const CUT_WITHIN_MS = 5_000;

const suite = useKeycloak();

test('a wrong password at Keycloak opens no session, and somebody without the group may do nothing', async () => {
  const { page, context } = await openFrontPage(suite.browser, suite.gateway.url);
  await suite.typePassword(page, 'alice', 'wrong');
  await page.getByText('Invalid username or password.').waitFor();
  expect((await context.cookies()).some(({ name }) => name.includes('gatehouse-session'))).toBe(false);
  await context.close();
  const bob = await suite.logIn('bob');
  expect(await suite.statusOf(bob)).toBe(403);
  await bob.context.close();
});

test('alice logs in, is named by her claims, and her groups are Keycloak’s', async () => {
  const alice = await suite.logIn('alice');
  const text = await alice.page.locator('main').innerText();
  for (const name of ['demo:alice', 'demo:team-a-admins', 'demo:others']) expect(text).toContain(name);
  expect(await suite.statusOf(alice)).toBe(200);
  await alice.context.close();
});

test('logging out here ends Keycloak’s session too, and comes back to the front page', async () => {
  const alice = await suite.logIn('alice');
  await alice.page.getByRole('button', { name: 'Log out' }).click();
  await alice.page.getByRole('link', { name: /^Log in with/ }).waitFor();
  expect(new URL(alice.page.url()).origin).toBe(suite.gateway.url);
  expect(await suite.statusOf(alice)).toBe(401);
  // Keycloak asks for the password again: it has no session either.
  await suite.typePassword(alice.page, 'alice', PASSWORD);
  await alice.page.getByRole('heading', { name: 'Who you are' }).waitFor();
  await alice.context.close();
});

test('a logout at Keycloak ends the session by its logout token and cuts an open watch', async () => {
  const alice = await suite.logIn('alice');
  const watch = await suite.gateway.openWatch(alice.cookie);
  await suite.keycloak.logOut('alice');
  // Keycloak tells the gateway before it answers; how long it takes to that is its own affair.
  const answeredAtMs = Date.now();
  const cutMs = (await watch.ended) - answeredAtMs;
  console.log(`Keycloak's back-channel logout: the far socket saw the end ${cutMs} ms after Keycloak's answer`);
  expect(cutMs).toBeLessThan(CUT_WITHIN_MS);
  expect(await suite.statusOf(alice)).toBe(401);
  await alice.context.close();
});
