import { CliFailure } from '../failure.ts';

/** What kubectl tells an exec plugin (`client.authentication.k8s.io`, KUBERNETES_EXEC_INFO). */
export interface ExecInfo {
  readonly apiVersion: string;
  /** With `provideClusterInfo: true`. */
  readonly server: string | undefined;
  readonly caPem: string | undefined;
}

const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/** Undefined where nobody runs this as a plugin. @throws CliFailure for a version that is not known. */
export function readExecInfo(env: Readonly<Record<string, string | undefined>>): ExecInfo | undefined {
  const text = env.KUBERNETES_EXEC_INFO;
  if (text === undefined || text === '') return undefined;
  let read: { apiVersion?: unknown; spec?: { cluster?: Record<string, unknown> } };
  try {
    read = JSON.parse(text) as typeof read;
  } catch {
    throw new CliFailure('KUBERNETES_EXEC_INFO is no JSON');
  }
  const { apiVersion } = read;
  if (typeof apiVersion !== 'string' || !VERSIONS.includes(apiVersion))
    throw new CliFailure(`kubectl asks for ${String(apiVersion)}; set apiVersion: ${VERSIONS[0]} in the kubeconfig`);
  const { server, 'certificate-authority-data': authority } = read.spec?.cluster ?? {};
  return {
    apiVersion,
    server: typeof server === 'string' ? server : undefined,
    caPem: typeof authority === 'string' ? Buffer.from(authority, 'base64').toString('utf8') : undefined,
  };
}

/** What kubectl reads from standard output. */
export function execCredential(apiVersion: string, credential: { token: string; expiresAt: string }): string {
  return JSON.stringify({
    apiVersion,
    kind: 'ExecCredential',
    status: { token: credential.token, expirationTimestamp: credential.expiresAt },
  });
}
