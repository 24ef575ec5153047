/** Providers that are none of the suite's own: what the specifications allow, and what people have. On the built gateway. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Agent, fetch } from 'undici';
import { stringify } from 'yaml';
import { ask, type SmallAnswer } from '../support/small-client.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';
import {
  answerAt,
  startStrangeProviders,
  STRANGE_CLIENT,
  type Quirks,
  type StrangeProvider,
  type StrangeProviders,
} from '../support/strange-provider.ts';

const nowSeconds = Math.floor(Date.now() / 1000);
/** As Entra ID has them: 200 at the most, each an object id. */
const manyGroups = Array.from({ length: 200 }, (_, at) => createHash('md5').update(`${at}`).digest('hex'));
const json = { 'content-type': 'application/json' };

/** What goes wrong at each of them, as the gateway's log tells it. */
const BROKEN: Readonly<Record<string, { readonly quirks: Quirks; readonly why: RegExp }>> = {
  'is down behind its proxy': { quirks: answerAt('discovery', 502), why: /answered 502/ },
  'has moved': {
    quirks: answerAt('discovery', 301, { location: 'https://localhost/moved' }),
    why: /answered 301|cannot be had \(301\)/,
  },
  'shows a page': { quirks: answerAt('discovery', 200, { 'content-type': 'text/html' }, '<html>'), why: /JSON/ },
  'is another issuer than is configured': {
    quirks: { metadata: { issuer: 'https://localhost/other' } },
    why: /names the issuer \\?"https:\/\/localhost\/other/,
  },
};
/** Good for bearers, and people cannot log in there. */
const NO_LOGIN: Readonly<Record<string, { readonly quirks: Quirks; readonly told: RegExp; readonly why: RegExp }>> = {
  'has no place to log in at': {
    quirks: { metadata: { authorization_endpoint: undefined } },
    told: /cannot be reached; .* the log of the gateway says why/,
    why: /names no authorization_endpoint/,
  },
  'does not take the client secret': {
    quirks: answerAt('token', 401, { ...json, 'www-authenticate': 'Basic' }, '{"error":"invalid_client"}'),
    told: /does not take this gateway for its client &#34;gatehouse&#34;; an admin has to mend/,
    why: /challenge|invalid_client/,
  },
  'says so as it should not': {
    quirks: answerAt('token', 400, json, '{"error":"unauthorized_client","error_description":"Invalid secret."}'),
    told: /does not take this gateway for its client/,
    why: /unauthorized_client: Invalid secret\./,
  },
  'has forgotten the code': {
    quirks: answerAt('token', 400, json, '{"error":"invalid_grant","error_description":"Code not valid"}'),
    told: /did not go on with this login \(invalid_grant\); begin again/,
    why: /invalid_grant: Code not valid/,
  },
  'gives an ID token of an hour ago': {
    quirks: { claims: { iat: nowSeconds - 7200, exp: nowSeconds - 3600 } },
    told: /could not be verified; begin again at \/-\/, or ask an admin/,
    why: /exp/,
  },
};
/** Bearers and logins are good. */
const ORDINARY: Readonly<Record<string, Quirks>> = {
  'whose issuer ends in a slash': { path: '/slash/' },
  'whose issuer has a path': { path: '/6f0f9a52-tenant/v2.0' },
  'whose discovery document lies elsewhere': { discoveryPath: '/meta/elsewhere.json' },
  'that signs with ES512': { algorithm: 'ES512' },
  'that signs with PS256': { algorithm: 'PS256' },
  'that signs with EdDSA': { algorithm: 'EdDSA' },
  'that signs with Ed25519': { algorithm: 'Ed25519' },
  'whose tokens have no kid': { kid: null },
  'whose keys have no kid either': { kid: null, keys: (own) => [{ ...own, kid: undefined }] },
  'with keys of types that nobody knows yet': {
    keys: (own) => [
      { kty: 'AKP', alg: 'ML-DSA-44', kid: 'one', pub: 'x' },
      { kty: 'OKP', crv: 'X25519', x: 'AA', kid: 'one' },
      {},
      own,
    ],
  },
  'whose tokens are for several audiences': { claims: { aud: ['other', 'gatehouse'], azp: 'gatehouse' } },
  'that names itself in its answers (RFC 9207)': {
    metadata: { authorization_response_iss_parameter_supported: true },
  },
  'that wants requests pushed (RFC 9126)': { metadata: { require_pushed_authorization_requests: true } },
  'that takes secrets in the body only': {
    metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] },
  },
  'that takes secrets as keys of assertions only': {
    metadata: { token_endpoint_auth_methods_supported: ['client_secret_jwt'] },
  },
  'that gives 200 groups': { claims: { groups: manyGroups } },
  'whose clock is ahead by 20 seconds': { claims: { iat: nowSeconds + 20, nbf: nowSeconds + 20 } },
  'that signs what userinfo answers': { userinfo: { groups: ['from-userinfo'] } },
};

const quirksOf = (entries: typeof BROKEN): Record<string, Quirks> =>
  Object.fromEntries(Object.entries(entries).map(([what, { quirks }]) => [what, quirks]));

let world: SmallWorld;
let providers: StrangeProviders;
let agent: Agent;

beforeAll(async () => {
  providers = await startStrangeProviders({ ...quirksOf(BROKEN), ...quirksOf(NO_LOGIN), ...ORDINARY });
  agent = new Agent({ connect: { ca: providers.caPem } });
  const all = [...providers.by.values()];
  world = await startSmallWorld({}, objectsOf(all).join('---\n'));
}, 60_000);
afterAll(async () => {
  await world?.stop();
  await providers?.stop();
  await agent?.close();
});

function objectsOf(all: readonly StrangeProvider[]): string[] {
  const object = (kind: string, name: string, spec: object): string =>
    stringify({ apiVersion: 'gatehouse.dev/v1alpha1', kind, metadata: { name }, spec });
  const subjects = all.map(({ name }) => ({ issuer: name }));
  return [
    ...all.map(({ name, url, discoveryURL, claimsFromUserinfo }) =>
      object('Issuer', name, {
        issuer: {
          url,
          ...(discoveryURL === undefined ? {} : { discoveryURL }),
          certificateAuthority: providers.caPem,
          audiences: [STRANGE_CLIENT.clientID],
        },
        claimMappings: {
          username: { claim: 'preferred_username', prefix: `${name}:` },
          groups: { claim: 'groups', prefix: `${name}:` },
        },
        login: { ...STRANGE_CLIENT, scopes: ['openid'], claimsFromUserinfo },
      }),
    ),
    object('Mapping', 'strangers', { subjects, clusters: ['demo'], impersonate: { user: { from: 'username' } } }),
    object('AccessRule', 'strangers', {
      subjects,
      clusters: ['demo'],
      rules: [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }],
    }),
  ];
}

const providerOf = (what: string): StrangeProvider => providers.by.get(what) as StrangeProvider;
const listPods = async (what: string): Promise<SmallAnswer> =>
  await ask(world, '/api/v1/namespaces/team-a/pods', { token: await providerOf(what).issueToken() });

async function logIn(what: string): Promise<SmallAnswer & { readonly cookie: string }> {
  const pairs = ({ headers }: SmallAnswer): string[] =>
    (headers['set-cookie'] ?? []).map((line) => line.split(';')[0] ?? '');
  const begun = await ask(world, `/-/auth/login?issuer=${providerOf(what).name}`);
  if (begun.status !== 302) return { ...begun, cookie: '' };
  const sent = await fetch(begun.headers.location ?? '', { dispatcher: agent, redirect: 'manual' });
  const callback = new URL(sent.headers.get('location') ?? '');
  const cookie = pairs(begun).join('; ');
  const ended = await ask(world, callback.pathname + callback.search, { headers: { cookie } });
  return { ...ended, cookie: pairs(ended).find((pair) => pair.includes('-session=')) ?? '' };
}

/**
 * Lines of the gateway's log from here on, at least so many; one a second is written of those that anybody can cause. A
 * line is in the file when this process has copied it there, which a busy machine does late.
 */
async function logged(act: () => Promise<void>, lines: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 1_050));
  const before = world.gateway.readLog().length;
  await act();
  const since = (): string => world.gateway.readLog().slice(before);
  await expect.poll(() => since().split('\n').length - 1, { timeout: 5_000 }).toBeGreaterThanOrEqual(lines);
  return since();
}

test('a provider without TLS is refused, by the name of the Issuer that is being made', async () => {
  const answer = await ask(world, '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/issuers', {
    method: 'POST',
    token: await world.tokenOf('root'),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'gatehouse.dev/v1alpha1',
      kind: 'Issuer',
      metadata: { name: 'plain' },
      spec: { issuer: { url: 'http://login.example.com', audiences: ['gatehouse'] } },
    }),
  });
  expect([answer.status, answer.body]).toEqual([422, expect.stringContaining('Issuer \\"plain\\" is invalid')]);
});

describe('a provider that', () => {
  test.each(Object.entries(BROKEN))('%s lets nobody in, and the log says why', async (what, { why }) => {
    const log = await logged(async () => {
      const bearer = await listPods(what);
      expect([bearer.status, bearer.body]).toEqual([
        503,
        expect.stringContaining('cannot be fetched; try again later'),
      ]);
      const login = await logIn(what);
      expect([login.status, login.headers['content-type']]).toEqual([503, expect.stringContaining('text/html')]);
      expect(login.body).toMatch(
        /cannot be reached; try again later, or ask an admin: the log of the gateway says why/,
      );
    }, 2);
    const lines = log.trim().split('\n');
    expect(lines).toEqual([expect.stringMatching(why), expect.stringMatching(why)]);
  });

  test.each(Object.entries(NO_LOGIN))('%s is told so to the person and to the log', async (what, { told, why }) => {
    const log = await logged(async () => {
      const login = await logIn(what);
      expect([login.status >= 400, login.cookie]).toEqual([true, '']);
      expect(login.body).toMatch(told);
    }, 1);
    expect(log).toMatch(why);
    expect(log).not.toMatch(/ey[A-Za-z0-9_-]{20}|secret:of/);
  });
});

describe('a provider', () => {
  test.each(Object.entries(ORDINARY))('%s', async (what, quirks) => {
    const bearer = await listPods(what);
    expect([bearer.status, bearer.body.slice(0, 200)]).toEqual([200, expect.anything()]);
    const { status, cookie, body } = await logIn(what);
    expect([status, body]).toEqual([200, expect.stringContaining('You are logged in')]);
    const me = await ask(world, '/-/me', { headers: { cookie, 'sec-fetch-site': 'same-origin' } });
    expect(me.body).toContain(`"${providerOf(what).name}:alice"`);
    if (quirks.userinfo) expect(me.body).toContain(':from-userinfo"');
  });

  test('that takes its client by an assertion is never sent the secret', () => {
    const { seen } = providerOf('that takes secrets as keys of assertions only');
    const token = seen.find(({ path }) => path === 'token');
    expect(token?.body).toContain('client_assertion=');
    expect(JSON.stringify(token)).not.toMatch(/a-secret|client_secret=|Basic/);
  });

  test('that wants requests pushed sees nothing of them in the browser’s address', async () => {
    const begun = await ask(world, `/-/auth/login?issuer=${providerOf('that wants requests pushed (RFC 9126)').name}`);
    const names = [...new URL(begun.headers.location ?? '').searchParams.keys()].sort();
    expect(names).toEqual(['client_id', 'request_uri']);
  });
});
