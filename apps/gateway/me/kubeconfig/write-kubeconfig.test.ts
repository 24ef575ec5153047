import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { SHELL_PLUGIN } from './shell-plugin.ts';
import { writeKubeconfig, type KubeconfigLogin } from './write-kubeconfig.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const write = (login: KubeconfigLogin, certificateAuthority: string | undefined = PEM) =>
  writeKubeconfig({
    gatewayUrl: 'https://gatehouse.example',
    certificateAuthority,
    clusters: ['production', 'staging'],
    current: 'staging',
    user: 'gatehouse-demo',
    login,
  });
interface Read {
  clusters: { cluster: { server: string; 'certificate-authority-data'?: string } }[];
  users: { user: { token?: string; exec?: { command: string; args: string[] } } }[];
}

test('no form but the token holds a token, and each has every cluster under its prefix', () => {
  for (const login of [{ with: 'gatehouse' }, { with: 'shell' }, { with: 'token', token: 'gth_x' }] as const) {
    const text = write(login);
    const read = parse(text) as Read;
    expect(text.includes('gth_x')).toBe(login.with === 'token');
    expect(read.clusters.map(({ cluster }) => cluster.server)).toEqual([
      'https://gatehouse.example/clusters/production',
      'https://gatehouse.example/clusters/staging',
    ]);
    expect(read).toMatchObject({ 'current-context': 'gatehouse-staging' });
  }
});

test('the authority is named where there is one of the gateway’s own', () => {
  const dataOf = (text: string) => (parse(text) as Read).clusters[0]?.cluster['certificate-authority-data'];
  expect(dataOf(write({ with: 'gatehouse' }))).toBe(Buffer.from(PEM).toString('base64'));
  expect(
    dataOf(
      writeKubeconfig({
        gatewayUrl: 'https://g',
        certificateAuthority: undefined,
        clusters: ['a'],
        current: 'a',
        user: 'u',
        login: { with: 'gatehouse' },
      }),
    ),
  ).toBeUndefined();
});

test('the script comes through YAML as it is, and a POSIX shell can read it', () => {
  const args = (parse(write({ with: 'shell' })) as Read).users[0]?.user.exec?.args;
  expect(args).toEqual(['-c', SHELL_PLUGIN, 'gatehouse', 'https://gatehouse.example', PEM.trim()]);
  execFileSync('sh', ['-n', '-c', SHELL_PLUGIN]);
});

test('kubelogin is given the provider, its authority, the client, and scopes beside openid', () => {
  const login = {
    with: 'kubelogin',
    issuerUrl: 'https://issuer.example',
    clientId: 'kubectl',
    scopes: ['openid', 'groups'],
    certificateAuthority: PEM,
  } as const;
  expect((parse(write(login)) as Read).users[0]?.user.exec).toMatchObject({
    command: 'kubectl',
    args: [
      'oidc-login',
      'get-token',
      '--oidc-issuer-url=https://issuer.example',
      '--oidc-client-id=kubectl',
      '--oidc-extra-scope=groups',
      `--certificate-authority-data=${Buffer.from(PEM).toString('base64')}`,
    ],
  });
});
