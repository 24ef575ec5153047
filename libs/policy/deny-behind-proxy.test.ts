import { describe, expect, it } from 'vitest';
import { allowed, everything, NS, request, rule, words } from './testdata/people.ts';
import { deniedPaths } from './path-spellings.ts';
import { pick, random } from './testdata/random-rules.ts';

const PROXY = `${NS}/services/web/proxy`;
const all = rule('all', [everything, words('*', 'services/proxy pods/proxy')]);
const deny = (...paths: string[]) => [all, rule('no', { methods: ['*'], paths }, { effect: 'Deny' })];
const denyRegex = (...pathRegexes: string[]) => [all, rule('no', { methods: ['*'], pathRegexes }, { effect: 'Deny' })];
const allow = (...paths: string[]) => [rule('yes', { methods: ['*'], paths })];

/** What some server reads as /admin/users. */
const SPELLINGS = [
  '/admin/users',
  '/admin/users/',
  '/admin/users///',
  '//admin/users',
  '/admin//users',
  '/admin;a=b/users',
  '/;/admin/users',
  '/;a/admin/users',
  '/admin/;x/users',
  '/admin/users;jsessionid=1',
  '/admin%3ba=b/users',
  '/admin;a%2fb/users',
  '/admin\\users',
  '\\admin\\users'.replace('\\', '/'),
  '/\\admin/users',
  '/admin%5cusers',
  '/admin%5Cusers',
  '/admin%255cusers',
  '/admin;a\\users',
  '/admin\\users;a',
  '/admin%2fusers',
  '/admin%2Fusers',
  '/%2fadmin/users',
  '/admin%252fusers',
  '/admin%25252fusers',
  '/%61dmin/users',
  '/%2561dmin/users',
  '/admin%c0%afusers',
  '/%c1%a1dmin/users',
  '/admin%e0%80%afusers',
  '/admin%f0%80%80%afusers',
  '/admin%25c0%25afusers',
  '/admin./users',
  '/admin.../users',
  '/admin%2e/users',
  '/admin%20/users',
  '/admin/users%20',
  '/admin/users.',
  '/x/..%20/admin/users',
  '/.%20/admin/users',
  '/admin/users%00',
  '/admin/users%00.png',
  '/admin/users%3fx=1',
  '/admin/users%23x',
  '/Admin/users',
  '/ADMIN/USERS',
  '/admin/u%53ers',
  '/%41DMIN;x\\USERS./',
];
const OTHERS = [
  '/',
  '/adm',
  '/admin',
  '/administrators/users',
  '/x/admin/users',
  '/users',
  '/;admin/users',
  '/admin=/users',
];

describe('a Deny by path behind a proxy', () => {
  it.each(SPELLINGS)('matches %s', (tail) => {
    expect(allowed([all], `GET ${PROXY}${tail}`)).toBe(true);
    for (const pattern of ['/admin/users', '/admin/*', '/a*n/users', '/**/users'])
      expect([pattern, allowed(deny(PROXY + pattern), `GET ${PROXY}${tail}`)]).toEqual([pattern, false]);
    for (const pattern of ['/admin/users', '/admin/[a-z]+', '/(?:admin|root)/.*'])
      expect([pattern, allowed(denyRegex(PROXY + pattern), `GET ${PROXY}${tail}`)]).toEqual([pattern, false]);
  });
  it.each(OTHERS)('does not match %s', (tail) => {
    expect(allowed(deny(`${PROXY}/admin/users`), `GET ${PROXY}${tail}`)).toBe(true);
    expect(allowed(denyRegex(`${PROXY}/admin/users`), `GET ${PROXY}${tail}`)).toBe(true);
  });
  it('still matches the odd spelling that it names itself', () => {
    for (const tail of ['/a;b/c', '/a%2Fb', '/a//b', '/a\\b', '/A/b', '/a.'])
      expect([tail, allowed(deny(PROXY + tail), `GET ${PROXY}${tail}`)]).toEqual([tail, false]);
    expect(allowed(denyRegex(`${PROXY}/[^a]`), `GET ${PROXY}/A`)).toBe(false);
  });
  it('folds no case before the proxy, where the API server folds none', () => {
    expect(allowed(deny(`${NS}/configmaps/x`), `GET ${NS}/configmaps/X`)).toBe(true);
  });
  it('folds letters of other scripts one by one', () => {
    const sigma = deny(`${PROXY}/ΟΔΟΣ*`);
    for (const tail of ['ΟΔΟΣ', 'οδοσ', 'οδος', 'οδοσx'])
      expect([tail, allowed(sigma, `GET ${PROXY}/${encodeURIComponent(tail)}`)]).toEqual([tail, false]);
  });

  it('denies whatever the pattern is mangled into, and the Allow with that pattern allows none of it', () => {
    const mangle = (path: string): string =>
      path
        .slice(1)
        .split('')
        .reduce((out, char) => {
          const hex = char.charCodeAt(0).toString(16).padStart(2, '0');
          if (char === '/')
            return out + pick(['/', '//', '\\', '%2f', '%5C', ';x/', '%252f', '%c0%af', './', '%20/', '/;/']);
          return out + pick([char, char, char, char.toUpperCase(), `%${hex}`, `%25${hex}`]);
        }, '/');
    let odd = 0;
    for (let round = 0; round < 3_000; round++) {
      const path = pick(['/admin/users', '/admin/users/x', '/a/b/c', '/metrics']);
      const tail = mangle(path) + (random() < 0.2 ? pick(['/', ';x', '%00', '.', '%20', '%23']) : '');
      const line = `GET ${PROXY}${tail}`;
      expect([tail, allowed(deny(PROXY + path), line)]).toEqual([tail, false]);
      if (tail === path) continue;
      odd++;
      expect([tail, allowed(allow(PROXY + path), line)]).toEqual([tail, false]);
    }
    expect(odd).toBeGreaterThan(2_500);
  });
  it('forwards what it was asked, whatever was read in it', () => {
    expect(request(`GET ${PROXY}/admin;a=b\\x%5c`).target).toBe(`${PROXY}/admin;a=b\\x%5c`);
  });
  it.each([
    '/',
    ';',
    '\\',
    '%5c',
    '%2f',
    '%3b',
    '.',
    '%20',
    '%25',
    ';/',
    '\\;/',
    'a;b\\c/',
    '%c0%af',
    'a.',
    'A',
    '%ce%a3',
  ])('reads 64 KiB of %s in few readings and in a moment', (piece) => {
    const info = request(`GET ${PROXY}/x${piece.repeat(Math.floor(60_000 / piece.length))}x`);
    const started = performance.now();
    expect(deniedPaths(info).length).toBeLessThan(50);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
