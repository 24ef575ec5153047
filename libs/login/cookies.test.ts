import { expect, test } from 'vitest';
import { LOGIN_COOKIE, SESSION_COOKIE, clearedCookie, cookieValues, loginCookie, sessionCookie } from './cookies.ts';

const attributes = (cookie: string): string[] => cookie.split('; ').slice(1).sort();

test('the session cookie is Strict, for this host alone, over TLS alone, and no script reads it', () => {
  expect(sessionCookie('token', 60)).toMatch(/^__Host-gatehouse-session=token; /);
  expect(attributes(sessionCookie('token', 60))).toEqual([
    'HttpOnly',
    'Max-Age=60',
    'Path=/',
    'SameSite=Strict',
    'Secure',
  ]);
});

test('the login cookie is Lax, since the provider sends the browser back from another site', () => {
  expect(loginCookie('sealed', 600)).toMatch(/^__Host-gatehouse-login=sealed; /);
  expect(attributes(loginCookie('sealed', 600))).toEqual([
    'HttpOnly',
    'Max-Age=600',
    'Path=/',
    'SameSite=Lax',
    'Secure',
  ]);
});

test.each([SESSION_COOKIE, LOGIN_COOKIE])(
  'clearing %s has the attributes without which a browser ignores a __Host- cookie',
  (name) => {
    expect(clearedCookie(name)).toMatch(new RegExp(`^${name}=; `));
    expect(attributes(clearedCookie(name))).toEqual(['HttpOnly', 'Max-Age=0', 'Path=/', 'SameSite=Strict', 'Secure']);
  },
);

test.each<[string | undefined, string[]]>([
  [undefined, []],
  ['', []],
  ['x__Host-gatehouse-login=a', []],
  ['__host-gatehouse-login=a', []],
  ['__Host-gatehouse-login', []],
  ['a=b; __Host-gatehouse-login=c=d;e=f', ['c=d']],
  ['__Host-gatehouse-login=a; __Host-gatehouse-login=b', ['a', 'b']],
])('the login cookies in %j are %j', (header, expected) => {
  expect(cookieValues(header, LOGIN_COOKIE)).toEqual(expected);
});
