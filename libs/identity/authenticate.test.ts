import { describe, expect, test } from 'vitest';
import { GatehouseError } from '#errors';
import type { Authentication } from '#model';
import { authenticate, type AuthenticationInput, type AuthenticationPorts } from './authenticate.ts';
import { compileIssuers } from './compile-issuers.ts';
import type { IssuerInput } from './issuer-input.ts';
import { createKeySets } from './key-sets.ts';
import type { SessionRecord } from './ports.ts';
import { issuerInput } from './testdata/issuer.ts';
import { createVerifiedCache } from './verified-cache.ts';

const NOW = 1_800_000_000_000;
const session: SessionRecord = {
  id: 'session-1',
  issuer: 'demo',
  issuerUrl: 'https://login.example',
  subject: 'alice',
  claims: { sub: 'alice', preferred_username: 'alice', groups: ['team-a-admins'] },
  createdAtMs: NOW - 600_000,
  lastSeenAtMs: NOW - 30_000,
  expiresAtMs: NOW + 600_000,
  idleTimeoutMs: 3_600_000,
};

interface Setting {
  readonly stored?: Partial<SessionRecord>;
  readonly issuer?: Partial<IssuerInput>;
  readonly find?: AuthenticationPorts['sessions']['find'];
}

/** Asks with a store that holds one session, and tells what it was asked. */
async function ask(input: Partial<AuthenticationInput>, setting: Setting = {}) {
  const looked: string[] = [];
  const touched: number[] = [];
  const ports: AuthenticationPorts = {
    now: () => NOW,
    verifiedCache: createVerifiedCache(),
    accessTokens: { findAccessToken: () => undefined },
    disabledPeople: { has: () => false },
    keySets: createKeySets({ now: () => NOW, fetch: () => Promise.reject(new Error('down')) }),
    sessions: {
      async find(token) {
        looked.push(token);
        if (setting.find) return await setting.find(token);
        return token === 'good' ? { ...session, ...setting.stored } : undefined;
      },
      touch: (_id, nowMs) => void touched.push(nowMs),
    },
  };
  const whole = { authorization: undefined, websocketBearer: undefined, cookies: [], cookieAllowed: true, ...input };
  const answer: Authentication = await authenticate(whole, compileIssuers([issuerInput(setting.issuer)]), ports);
  return { answer, looked, touched };
}

const cookies = ['theme=dark; __Host-gatehouse-session=good; other=1'];

describe('authenticate refuses', () => {
  test.each([
    'Basic YWxpY2U6c2VjcmV0',
    'Digest username="alice"',
    'Negotiate abc',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer opaque-token',
    'Bearer\tx.y.z',
    'Token x.y.z',
    'x.y.z',
    '',
    ' ',
  ])('Authorization %j, and never looks at the good cookie beside it', async (authorization) => {
    const { answer, looked } = await ask({ authorization, cookies });
    expect(answer).toMatchObject({ outcome: 'failed', code: 'invalidCredential' });
    expect(looked).toEqual([]);
  });

  test('a bad bearer of the WebSocket subprotocol, and never looks at the good cookie beside it', async () => {
    const { answer, looked } = await ask({ websocketBearer: 'x.y.z', cookies });
    expect(answer).toMatchObject({ outcome: 'failed', code: 'invalidCredential' });
    expect(looked).toEqual([]);
  });

  test('two bearers, even equal ones', async () => {
    const { answer, looked } = await ask({ authorization: 'Bearer x.y.z', websocketBearer: 'x.y.z', cookies });
    expect(answer).toMatchObject({ outcome: 'failed', code: 'twoCredentials' });
    expect(looked).toEqual([]);
  });

  test.each([[[...cookies, ...cookies]], [['__Host-gatehouse-session=good; __Host-gatehouse-session=planted']]])(
    'two session cookies in %j',
    async (both) => {
      const { answer, looked } = await ask({ cookies: both });
      expect(answer).toMatchObject({ outcome: 'failed', code: 'twoCredentials' });
      expect(looked).toEqual([]);
    },
  );

  test('a cookie that does not count: as if none was presented, but it says why', async () => {
    const { answer, looked } = await ask({ cookies, cookieAllowed: false });
    expect(answer).toMatchObject({ outcome: 'notPresented', message: expect.stringContaining('cookie') });
    expect(looked).toEqual([]);
  });

  test.each([
    ['__Host-gatehouse-session', 'x__Host-gatehouse-session=good'],
    ['its case', '__host-gatehouse-session=good'],
    ['a suffix', '__Host-gatehouse-session2=good'],
    ['an encoding', '__Host-gatehouse%2dsession=good'],
  ])('other cookies than the session’s: not presented (%s)', async (_what, cookie) => {
    expect((await ask({ cookies: [cookie] })).answer).toEqual({ outcome: 'notPresented' });
  });

  test('a session that is not there (any more)', async () => {
    const { answer } = await ask({ cookies: ['__Host-gatehouse-session=ended'] });
    expect(answer).toMatchObject({ outcome: 'failed', code: 'invalidCredential' });
  });

  test.each<[string, Partial<SessionRecord>]>([
    ['at its absolute end', { expiresAtMs: NOW }],
    ['after its absolute end, however lately used', { expiresAtMs: NOW - 1, lastSeenAtMs: NOW }],
    ['at the end of its idle time', { lastSeenAtMs: NOW - 3_600_000 }],
  ])('a session %s', async (_what, stored) => {
    expect((await ask({ cookies }, { stored })).answer).toMatchObject({ outcome: 'failed', code: 'expiredCredential' });
  });

  test.each<[string, Setting]>([
    ['whose issuer is gone', { issuer: { name: 'another' } }],
    ['whose issuer has another url now', { issuer: { issuer: { url: 'https://evil.example', audiences: ['a'] } } }],
    [
      'whose claims the issuer cannot map any more',
      { issuer: { claimMappings: { username: { claim: 'upn', prefix: '' } } } },
    ],
    [
      'that a new validation rule of the issuer excludes',
      { issuer: { claimValidationRules: [{ claim: 'hd', requiredValue: 'example.com' }] } },
    ],
  ])('a session %s', async (_what, setting) => {
    expect((await ask({ cookies }, setting)).answer).toMatchObject({ outcome: 'failed', code: 'invalidCredential' });
  });

  test('with 503, and not 401, while the session store is down', async () => {
    const find = () => Promise.reject(new GatehouseError('storeUnavailable'));
    expect((await ask({ cookies }, { find })).answer).toMatchObject({ outcome: 'failed', code: 'identityUnavailable' });
  });
});

describe('authenticate', () => {
  test('answers without a promise where nothing was presented, and where the session is remembered', () => {
    const ports: AuthenticationPorts = {
      now: () => NOW,
      verifiedCache: createVerifiedCache(),
      accessTokens: { findAccessToken: () => undefined },
      disabledPeople: { has: () => false },
      keySets: createKeySets({ now: () => NOW }),
      sessions: { find: (token) => (token === 'good' ? session : undefined), touch: () => {} },
    };
    const input = { authorization: undefined, websocketBearer: undefined, cookieAllowed: true };
    const answer = (given: readonly string[]) =>
      authenticate({ ...input, cookies: given }, compileIssuers([issuerInput()]), ports);
    expect(answer([])).toEqual({ outcome: 'notPresented' });
    expect(answer(['__Host-gatehouse-session=bad'])).toMatchObject({ outcome: 'failed' });
    expect(answer(cookies)).toMatchObject({ outcome: 'identified' });
  });

  test('identifies by the session, mapped by the issuer as it is now', async () => {
    const mapped = { claimMappings: { username: { claim: 'sub', prefix: 'new:' } } };
    expect((await ask({ cookies })).answer).toMatchObject({
      outcome: 'identified',
      identity: {
        username: 'demo:alice',
        groups: ['demo:team-a-admins'],
        credential: { kind: 'session', id: 'session-1' },
        expiresAtMs: session.expiresAtMs,
      },
    });
    expect((await ask({ cookies }, { issuer: mapped })).answer).toMatchObject({
      identity: { username: 'new:alice', groups: [] },
    });
  });

  test.each([
    [59_999, 3_600_000, false],
    [60_000, 3_600_000, true],
    [4_999, 20_000, false],
    [5_000, 20_000, true],
  ])('used %i ms ago with an idle time of %i ms: is the use written? %s', async (agoMs, idleTimeoutMs, written) => {
    const { answer, touched } = await ask({ cookies }, { stored: { lastSeenAtMs: NOW - agoMs, idleTimeoutMs } });
    expect(answer.outcome).toBe('identified');
    expect(touched).toEqual(written ? [NOW] : []);
  });
});
