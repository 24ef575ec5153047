import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Demands, FinishedLogin } from '#login';
import { createForeignKey, es256, forgeToken, hmac, noSignature } from '../support/identity-provider-forgeries.ts';
import {
  startHostileProvider,
  type HostileProvider,
  type TokenQuestion,
} from '../support/identity-provider-hostile.ts';
import { loginIssuerOf, startLoginWorld, type LoginWorld } from '../support/identity-provider-login-world.ts';

let world: LoginWorld;
let provider: HostileProvider;
const CLIENT_SECRET = 'the secret that gateway and provider share';
const foreign = createForeignKey();

beforeAll(async () => {
  [world, provider] = await Promise.all([startLoginWorld(), startHostileProvider()]);
  const { issuerUrl: url, caPem: certificateAuthority } = provider;
  world.issuers.set(
    'hostile',
    loginIssuerOf(world.provider, { name: 'hostile', url, certificateAuthority, clientSecret: CLIENT_SECRET }),
  );
});
afterAll(() => Promise.all([world?.stop(), provider?.stop()]));

const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const header = { alg: 'ES256', kid: 'hostile', typ: 'JWT' };
const claimsFor = ({ issuerUrl, nonce }: TokenQuestion): Record<string, unknown> => ({
  iss: issuerUrl,
  aud: 'gatehouse',
  sub: 'alice',
  nonce,
  iat: nowSeconds(),
  exp: nowSeconds() + 60,
});
const wellSigned = (question: TokenQuestion, claims: object): string =>
  forgeToken(header, { ...claimsFor(question), ...claims }, es256(question.privateKey));

async function logIn(makeIdToken: HostileProvider['makeIdToken'], demands?: Demands): Promise<FinishedLogin> {
  provider.makeIdToken = makeIdToken;
  const browser = world.browser();
  const before = world.created();
  const finished = await world.end(browser, provider.answer(await world.begin(browser, '/-/', 'hostile', demands)));
  expect(world.created()).toBe(before + (finished.ok ? 1 : 0));
  return finished;
}

describe('an answer of the token endpoint is refused', () => {
  test.each<[string, (question: TokenQuestion) => string | undefined]>([
    ['without an ID token', () => undefined],
    ['with an ID token that is no token', () => 'x.y.z'],
    ['with alg none', (q) => forgeToken({ ...header, alg: 'none' }, claimsFor(q), noSignature)],
    ['with alg none and no signature part', (q) => forgeToken({ alg: 'none' }, claimsFor(q), noSignature).slice(0, -1)],
    [
      'signed with the client secret',
      (q) => forgeToken({ ...header, alg: 'HS256' }, claimsFor(q), hmac('sha256', CLIENT_SECRET)),
    ],
    ['signed with a foreign key', (q) => forgeToken(header, claimsFor(q), es256(foreign.privateKey))],
    [
      'signed with a foreign key that it brings along',
      (q) => forgeToken({ ...header, kid: undefined, jwk: foreign.publicJwk }, claimsFor(q), es256(foreign.privateKey)),
    ],
    [
      'signed for other claims',
      (q) =>
        [
          forgeToken(header, { ...claimsFor(q), sub: 'root' }, noSignature).slice(0, -1),
          wellSigned(q, {}).split('.')[2],
        ].join('.'),
    ],
    ['of another issuer', (q) => wellSigned(q, { iss: world.provider.issuerUrl })],
    ['of a near-miss issuer', (q) => wellSigned(q, { iss: `${q.issuerUrl}/` })],
    ['for another audience', (q) => wellSigned(q, { aud: 'other' })],
    [
      'for several audiences and authorised for another party',
      (q) => wellSigned(q, { aud: ['gatehouse', 'other'], azp: 'other' }),
    ],
    ['without a nonce', (q) => wellSigned(q, { nonce: undefined })],
    ['with another nonce', (q) => wellSigned(q, { nonce: 'A'.repeat(43) })],
    ['that has expired', (q) => wellSigned(q, { iat: nowSeconds() - 7200, exp: nowSeconds() - 3600 })],
    ['that begins later', (q) => wellSigned(q, { nbf: nowSeconds() + 3600 })],
    ['without an end', (q) => wellSigned(q, { exp: undefined })],
    ['without a subject', (q) => wellSigned(q, { sub: undefined })],
  ])('%s', async (_what, makeIdToken) => {
    expect(await logIn(makeIdToken)).toMatchObject({ ok: false, code: 'invalidCredential', issuer: 'hostile' });
  });

  test('that is good but larger than a megabyte', async () => {
    const filler = (size: number) => (question: TokenQuestion) => wellSigned(question, { filler: 'x'.repeat(size) });
    expect(await logIn(filler(16 * 1024))).toMatchObject({ ok: true });
    expect(await logIn(filler(1024 * 1024))).toMatchObject({ ok: false });
  });
});

describe('an answer that is weaker than what was asked for is refused', () => {
  test.each<[string, Demands, object]>([
    ['without auth_time', { maxAgeSeconds: 60 }, {}],
    ['with an auth_time that is no number', { maxAgeSeconds: 60 }, { auth_time: 'now' }],
    ['with an old auth_time', { maxAgeSeconds: 60 }, { auth_time: nowSeconds() - 600 }],
    ['without acr', { acrValues: ['mfa'] }, {}],
    ['with another acr', { acrValues: ['mfa'] }, { acr: 'pwd' }],
    ['with the acr among others', { acrValues: ['mfa'] }, { acr: ['mfa'] }],
  ])('%s', async (_what, demands, claims) => {
    expect(await logIn((q) => wellSigned(q, claims), demands)).toMatchObject({ ok: false, code: 'invalidCredential' });
  });

  test('and one that is as strong is accepted', async () => {
    const claims = { auth_time: nowSeconds() - 30, acr: 'mfa' };
    expect(await logIn((q) => wellSigned(q, claims), { maxAgeSeconds: 60, acrValues: ['hwk', 'mfa'] })).toMatchObject({
      ok: true,
    });
  });
});

test('a good answer of the same provider is accepted', async () => {
  expect(await logIn((question) => wellSigned(question, {}))).toMatchObject({
    ok: true,
    subject: 'alice',
    issuer: 'hostile',
  });
});
