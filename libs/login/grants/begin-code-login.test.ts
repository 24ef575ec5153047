import { expect, test } from 'vitest';
import { denyCodeLogin, readCodeLogin } from './begin-code-login.ts';

const GOOD = {
  client_id: 'gatehouse-cli',
  response_type: 'code',
  redirect_uri: 'http://127.0.0.1:51000/callback',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
  state: 'xyz',
};

test.each<[string, object]>([
  ['another machine', { redirect_uri: 'http://evil.example:51000/callback' }],
  ['a name for the loopback, which may lead elsewhere', { redirect_uri: 'http://localhost:51000/callback' }],
  ['a host that only begins like the loopback', { redirect_uri: 'http://127.0.0.1.evil.example:51000/' }],
  ['somebody in the address', { redirect_uri: 'http://127.0.0.1:51000@evil.example/' }],
  ['no port', { redirect_uri: 'http://127.0.0.1/callback' }],
  ['https, which no such program has a certificate for', { redirect_uri: 'https://127.0.0.1:51000/callback' }],
  ['a query of its own', { redirect_uri: 'http://127.0.0.1:51000/callback?code=mine' }],
  ['a fragment', { redirect_uri: 'http://127.0.0.1:51000/#x' }],
  ['a script', { redirect_uri: 'javascript:alert(1)' }],
  ['a line break', { redirect_uri: 'http://127.0.0.1:51000/\r\nx' }],
  ['two addresses', { redirect_uri: ['http://127.0.0.1:51000/', 'http://127.0.0.1:51001/'] }],
  ['no PKCE', { code_challenge: undefined }],
  ['plain PKCE', { code_challenge_method: 'plain' }],
  ['a challenge that is no SHA-256', { code_challenge: 'short' }],
  ['no state', { state: undefined }],
  ['the implicit flow', { response_type: 'token' }],
  ['no client', { client_id: '' }],
  ['a client with markup in its name', { client_id: '<b>kubectl</b>' }],
  ['a name that turns the reading direction', { client_name: 'alice\u202Emoc.live' }],
])('a program is refused with %s', (_what, changes) => {
  expect(readCodeLogin({ ...GOOD, ...changes })).toMatchObject({ ok: false });
});

test.each(['http://127.0.0.1:51000', 'http://127.0.0.1:51000/callback', 'http://[::1]:8000/'])(
  'a program at %s is accepted',
  (redirectUri) => {
    expect(readCodeLogin({ ...GOOD, redirect_uri: redirectUri })).toMatchObject({ ok: true, login: { redirectUri } });
  },
);

test('who refuses is sent back with no code, with the state and the name of who answers', () => {
  const read = readCodeLogin(GOOD);
  if (!read.ok) throw new Error(read.description);
  const url = new URL(denyCodeLogin(read.login, 'https://gatehouse.example'));
  expect(Object.fromEntries(url.searchParams)).toEqual({
    error: 'access_denied',
    state: 'xyz',
    iss: 'https://gatehouse.example',
  });
});
