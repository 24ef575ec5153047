import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { splitSecrets, validateObject, type ResourceObject } from '#resources';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const pair = await generate([{ name: 'commonName', value: 'gateway' }], {
  keyType: 'ec',
  curve: 'P-256',
  algorithm: 'sha256',
});
const otherPair = await generate([{ name: 'commonName', value: 'other' }], {
  keyType: 'ec',
  curve: 'P-256',
  algorithm: 'sha256',
});
const ca = base64(pair.cert);
const SERVER = 'https://10.1.2.3:6443';

const object = (kind: string, spec: unknown, metadata: object = { name: 'x' }) => ({
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind,
  metadata,
  spec,
});
const cluster = (spec: object, name = 'x') => object('Cluster', spec, { name });

function problems(input: unknown): string[] {
  const result = validateObject(input);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}
const paths = (input: unknown): string[] => problems(input).map((line) => line.split(': ')[0] as string);
function valid(input: unknown): ResourceObject {
  const result = validateObject(input);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.object;
}

describe('Cluster', () => {
  const credential = { token: 'abc.def' };
  test.each([
    'http://10.1.2.3',
    'https://',
    '10.1.2.3:6443',
    'https://a:b@10.1.2.3',
    'https://10.1.2.3/?x',
    'https://10.1.2.3/#x',
    'https://10.1.2.3/a/../b',
    'https://10.1.2.3/a%2fb',
    'https://10.1.2.3//a',
    'https://0x7f.1',
    'https://2130706433',
    'https://127.1',
    'https://169.254.169.254',
    'https://[fe80::1]',
    'https://[::ffff:169.254.169.254]',
    'https://0.0.0.0:6443',
    'https://[::]',
    'HTTPS://10.1.2.3',
    'https:10.1.2.3',
    'https://10.1.2.3\\a',
    'https://exa\tmple.com',
    'https://ex%61mple.com',
  ])('the server %j is refused', (server) => {
    expect(paths(cluster({ server, credential }))).toEqual(['spec.server']);
  });
  test.each([
    'https://127.0.0.1:6443',
    'https://kube.example.com',
    'https://kube.example.com:443/k8s/clusters/c-1',
    'https://[::1]:6443/',
  ])('the server %j is accepted', (server) => {
    valid(cluster({ server, credential }));
  });
  test('a refused server is told what would be right', () => {
    const messageFor = (server: string): string => problems(cluster({ server, credential })).join();
    expect(messageFor('http://10.1.2.3')).toBe('spec.server: must begin with https://');
    expect(messageFor('https://0x7f.1:6443/a')).toBe('spec.server: must be spelt https://127.0.0.1:6443/a');
  });
  test('the name of the gateway’s own cluster is refused, and so is a dot, which no path segment of ours holds', () => {
    expect(problems(cluster({ server: SERVER, credential }, 'gatehouse'))).toEqual([
      expect.stringContaining('reserved'),
    ]);
    expect(paths(cluster({ server: SERVER, credential }, 'a.b'))).toEqual(['metadata.name']);
  });
  test.each([
    ['no server', { credential }, ['spec.server']],
    ['two credentials', { server: SERVER, credential: { token: 'a', inCluster: {} } }, ['spec.credential']],
    ['an empty credential', { server: SERVER, credential: {} }, ['spec.credential']],
    ['a token with a line break', { server: SERVER, credential: { token: 'a\nb' } }, ['spec.credential.token']],
    [
      'a certificate without its key',
      { server: SERVER, credential: { clientCertificateData: ca } },
      ['spec.credential.clientKeyData'],
    ],
    [
      'a key without its certificate',
      { server: SERVER, credential: { clientKeyData: base64(pair.private) } },
      ['spec.credential.clientCertificateData'],
    ],
    [
      'a key of another certificate',
      { server: SERVER, credential: { clientCertificateData: ca, clientKeyData: base64(otherPair.private) } },
      ['spec.credential.clientKeyData'],
    ],
    [
      'a CA that is none',
      { server: SERVER, certificateAuthorityData: base64('x'), credential },
      ['spec.certificateAuthorityData'],
    ],
    [
      'a CA with a private key',
      { server: SERVER, certificateAuthorityData: base64(pair.cert + pair.private), credential },
      ['spec.certificateAuthorityData'],
    ],
    [
      'a file, which only manifests may name',
      { server: SERVER, credential: { kubeconfigFile: '/etc/passwd' } },
      ['spec.credential.kubeconfigFile'],
    ],
    [
      'a context without kubeconfig',
      { server: SERVER, credential: { token: 'a', context: 'x' } },
      ['spec.credential.context'],
    ],
  ])('%s is refused', (_what, spec, expected) => {
    expect(paths(cluster(spec))).toEqual(expected);
  });
  test('no message repeats a secret', () => {
    const secret = 'sw0rdfish with blanks';
    expect(
      problems(
        cluster({
          credential: { token: secret, clientKeyData: secret, clientCertificateData: secret, [secret.slice(0, 9)]: 1 },
        }),
      )
        .join()
        .replaceAll('spec.credential.sw0rdfish', ''),
    ).not.toContain('sw0rdfish');
  });
  test('secrets are split off and the type of the credential stays', () => {
    const read = valid(
      cluster({
        server: SERVER,
        certificateAuthorityData: ca,
        credential: { clientCertificateData: ca, clientKeyData: base64(pair.private) },
      }),
    );
    const { object: shown, secrets, binding } = splitSecrets(read);
    expect(secrets).toEqual([
      { field: 'clientCertificate', clear: pair.cert, binding },
      { field: 'clientKey', clear: pair.private, binding },
    ]);
    expect(shown.spec).toEqual({
      server: SERVER,
      certificateAuthorityData: ca,
      credential: { type: 'clientCertificate' },
    });
    expect(splitSecrets(shown)).toEqual({ object: shown, secrets: [], binding });
    expect(valid(shown).spec).toEqual(shown.spec);
  });
  test('inCluster needs no server and has no secret', () => {
    const { object: shown, secrets } = splitSecrets(valid(cluster({ credential: { inCluster: {} } })));
    expect([shown.spec, secrets]).toEqual([{ credential: { type: 'inCluster' } }, []]);
  });
  test('the binding changes with server, CA and TLS name, and with nothing else', () => {
    const binding = (spec: object): string =>
      splitSecrets(valid(cluster({ server: SERVER, certificateAuthorityData: ca, credential, ...spec }))).binding;
    const first = binding({});
    expect(binding({ server: 'https://10.1.2.4:6443' })).not.toBe(first);
    expect(binding({ server: `${SERVER}/base` })).not.toBe(first);
    expect(binding({ certificateAuthorityData: base64(otherPair.cert) })).not.toBe(first);
    expect(binding({ tlsServerName: 'kube.example.com' })).not.toBe(first);
    expect(binding({ server: `${SERVER}/`, default: true, credential: { token: 'other' } })).toBe(first);
  });
  test('a kubeconfig fills what is absent and is not kept', () => {
    const kubeconfig = stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      clusters: [{ name: 'k', cluster: { server: SERVER, 'certificate-authority-data': ca } }],
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
      users: [{ name: 'u', user: { token: 'abc' } }],
    });
    expect(valid(cluster({ credential: { kubeconfig } })).spec).toEqual({
      server: SERVER,
      certificateAuthorityData: ca,
      credential: { token: 'abc' },
    });
    expect(valid(cluster({ server: 'https://other:1', credential: { kubeconfig } })).spec).toMatchObject({
      server: 'https://other:1',
    });
    expect(paths(cluster({ credential: { kubeconfig, context: 'other' } }))).toContain('spec.credential.kubeconfig');
  });
});
