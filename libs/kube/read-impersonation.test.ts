import { describe, expect, it } from 'vitest';
import { impersonationRequests } from './impersonation-requests.ts';
import { readImpersonation } from './read-impersonation.ts';

const read = (...headers: string[]) => readImpersonation(['Host', 'gateway', ...headers, 'Accept', '*/*']);

describe('impersonation headers', () => {
  it.each([
    ['no user', ['Impersonate-Group', 'a']],
    ['a uid alone', ['Impersonate-Uid', 'a']],
    ['an extra alone', ['Impersonate-Extra-a', 'a']],
    ['an empty user, which to the API server is none', ['Impersonate-User', '']],
    ['an empty user beside a group', ['Impersonate-User', '', 'Impersonate-Group', 'a']],
    ['two users', ['Impersonate-User', 'a', 'impersonate-user', 'a']],
    ['two uids', ['Impersonate-User', 'a', 'Impersonate-Uid', '1', 'Impersonate-UID', '2']],
    ['an empty group', ['Impersonate-User', 'a', 'Impersonate-Group', '']],
    ['an empty extra', ['Impersonate-User', 'a', 'Impersonate-Extra-a', '']],
    ['an extra without a key', ['Impersonate-User', 'a', 'Impersonate-Extra-', 'x']],
    ['an extra with a bad escape', ['Impersonate-User', 'a', 'Impersonate-Extra-a%2', 'x']],
    ['an extra whose escapes are no UTF-8', ['Impersonate-User', 'a', 'Impersonate-Extra-a%ff', 'x']],
    ['a header that Kubernetes does not know', ['Impersonate-User', 'a', 'Impersonate-Groups', 'b']],
    ['bytes that are no UTF-8', ['Impersonate-User', 'a\xff']],
    ['overlong UTF-8', ['Impersonate-User', '\xc0\xae']],
  ])('are refused with %s', (_what, headers) => {
    expect(read(...headers)).toMatchObject({ ok: false });
  });
  it('give one group a line, never split, in whatever case of the name', () => {
    expect(
      read(
        'impersonate-USER',
        'd\xc3\xa9mo:bob',
        'Impersonate-Group',
        'CN=a,OU=b',
        'IMPERSONATE-GROUP',
        'c',
        'Impersonate-Uid',
        '7',
        'Impersonate-Extra-Example.com%2FTeam',
        'x',
        'impersonate-extra-example.com%2fteam',
        'y',
      ),
    ).toEqual({
      ok: true,
      asked: { user: 'démo:bob', groups: ['CN=a,OU=b', 'c'], uid: '7', extra: { 'example.com/team': ['x', 'y'] } },
    });
    expect(read('Impersonate-User', 'a', 'Impersonate-Extra-__proto__', 'x')).toMatchObject({ ok: true });
  });
});

describe('what is asked about', () => {
  it('is each name by itself, a service account as one', () => {
    const asked = { groups: ['g'], uid: '7', extra: { 'a.io/b': ['x', 'y'] } };
    expect(
      impersonationRequests({ user: 'bob', ...asked }).map(
        ({ verb, group, resource, subresource, name }) => `${verb} ${group}/${resource}/${subresource} ${name}`,
      ),
    ).toEqual([
      'impersonate /users/ bob',
      'impersonate /groups/ g',
      'impersonate authentication.k8s.io/uids/ 7',
      'impersonate authentication.k8s.io/userextras/a.io/b x',
      'impersonate authentication.k8s.io/userextras/a.io/b y',
    ]);
    const account = { user: 'system:serviceaccount:team-a:ci', groups: [], uid: undefined, extra: {} };
    expect(impersonationRequests(account)).toMatchObject([
      { resource: 'serviceaccounts', namespace: 'team-a', name: 'ci' },
    ]);
    for (const user of ['system:serviceaccount:team-a', 'system:serviceaccount:a:b:c', 'system:serviceaccount::b'])
      expect(impersonationRequests({ ...account, user })).toMatchObject([{ resource: 'users', name: user }]);
  });
});
