import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { importKubeconfig } from '#resources';

const kubeconfig = (user: object, cluster: object = {}, more: object = {}): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'k', cluster: { server: 'https://10.1.2.3:6443', ...cluster } }],
    contexts: [
      { name: 'here', context: { cluster: 'k', user: 'u' } },
      { name: 'broken', context: { cluster: 'nowhere', user: 'nobody' } },
    ],
    users: [{ name: 'u', user }],
    ...more,
  });
const problems = (text: string, context?: string): string => {
  const read = importKubeconfig(text, context);
  return read.ok ? '' : read.problems.join('\n');
};

describe('a kubeconfig is refused with the reason', () => {
  test.each([
    ['a program', { exec: { command: 'aws' } }, {}, /exec runs a program/],
    ['a plug-in', { 'auth-provider': { name: 'gcp' } }, {}, /auth-provider is a plug-in/],
    [
      'a certificate file',
      { 'client-certificate': '/a', 'client-key': '/b' },
      {},
      /client-certificate names a file[\s\S]*client-key names a file/,
    ],
    ['a token file', { tokenFile: '/a' }, {}, /tokenFile names a file/],
    ['a password', { username: 'a', password: 'b' }, {}, /basic authentication/],
    ['impersonation', { token: 'a', as: 'admin' }, {}, /as impersonates/],
    ['a CA file', { token: 'a' }, { 'certificate-authority': '/a' }, /certificate-authority names a file/],
    ['no verification', { token: 'a' }, { 'insecure-skip-tls-verify': true }, /insecure-skip-tls-verify would send/],
    ['a proxy', { token: 'a' }, { 'proxy-url': 'http://p' }, /proxy-url is not supported.*; remove it/],
    ['a CA that is none', { token: 'a' }, { 'certificate-authority-data': 'eA==' }, /must be one or more certificates/],
    ['no credential', {}, {}, /has neither token nor/],
    ['half a pair', { 'client-key-data': 'eA==' }, {}, /needs both/],
    [
      'a token and a certificate',
      { token: 'a', 'client-key-data': 'eA==', 'client-certificate-data': 'eA==' },
      {},
      /use one of them only/,
    ],
  ])('%s', (_what, user, cluster, expected) => {
    expect(problems(kubeconfig(user, cluster))).toMatch(expected);
  });
  test('several reasons come together', () => {
    expect(problems(kubeconfig({ exec: {} }, { 'proxy-url': 'x' })).split('\n')).toHaveLength(2);
  });
  test('no context', () => {
    expect(problems(kubeconfig({ token: 'a' }, {}, { 'current-context': '' }))).toMatch(/one of here, broken/);
    expect(problems(kubeconfig({ token: 'a' }), 'other')).toMatch(/has no context "other"/);
    expect(problems(kubeconfig({ token: 'a' }), 'broken')).toMatch(/has no cluster "nowhere"\nhas no user "nobody"/);
  });
  test.each(['', 'text', '[', 'a: &x [1]\nb: *x', 'a: 1\n---\nb: 2'])('%j', (text) => {
    expect(problems(text)).not.toBe('');
  });
});

test('an embedded token is taken, with server and TLS name', () => {
  expect(importKubeconfig(kubeconfig({ token: 'abc' }, { 'tls-server-name': 'kube.local' }))).toEqual({
    ok: true,
    imported: {
      server: 'https://10.1.2.3:6443',
      certificateAuthorityData: undefined,
      tlsServerName: 'kube.local',
      credential: { token: 'abc' },
    },
  });
});
