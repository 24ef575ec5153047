import { writeFileSync } from 'node:fs';
import type { KeyedCertificate } from './issue-certificates.ts';

/** Writes a kubeconfig (mode 0600; JSON, which is YAML) that holds everything it needs inline. */
export function writeKubeconfig(
  path: string,
  server: string,
  caPem: string,
  credential: KeyedCertificate | { token: string },
  namespace = 'default',
): string {
  const encode = (pem: string) => Buffer.from(pem).toString('base64');
  const user =
    'token' in credential
      ? { token: credential.token }
      : { 'client-certificate-data': encode(credential.certPem), 'client-key-data': encode(credential.keyPem) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: { server, 'certificate-authority-data': encode(caPem) } }],
    users: [{ name: 'user', user }],
    contexts: [{ name: 'context', context: { cluster: 'cluster', user: 'user', namespace } }],
    'current-context': 'context',
  };
  writeFileSync(path, JSON.stringify(config, null, 2), { mode: 0o600 });
  return path;
}
