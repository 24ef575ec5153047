import { checkCertificateData } from './check-pem.ts';
import { readYaml } from './read-yaml.ts';

/** What a Cluster takes from a kubeconfig. */
export interface ImportedKubeconfig {
  readonly server: string | undefined;
  readonly certificateAuthorityData: string | undefined;
  readonly tlsServerName: string | undefined;
  readonly credential:
    | { readonly token: string }
    | { readonly clientCertificateData: string; readonly clientKeyData: string };
}

export type ImportResult =
  | { readonly ok: true; readonly imported: ImportedKubeconfig }
  | { readonly ok: false; readonly problems: readonly string[] };

type Fields = Readonly<Record<string, unknown>>;

/** Why what a kubeconfig may hold is not taken over; the gateway runs no program and follows no path that a file names. */
const REFUSED_OF_CLUSTER: Readonly<Record<string, string>> = {
  'certificate-authority':
    'names a file; embed it as certificate-authority-data (kubectl config view --flatten --raw does)',
  'insecure-skip-tls-verify': 'would send the credential to whoever answers; give certificate-authority-data instead',
  'proxy-url':
    'is not supported, the gateway connects directly; remove it, and let the gateway reach the server by itself',
};
const REFUSED_OF_USER: Readonly<Record<string, string>> = {
  exec: 'runs a program to get a credential; give a token or a client certificate of a service account instead',
  'auth-provider': 'is a plug-in that Kubernetes removed; give a token or a client certificate instead',
  'client-certificate': 'names a file; embed it as client-certificate-data (kubectl config view --flatten --raw does)',
  'client-key': 'names a file; embed it as client-key-data (kubectl config view --flatten --raw does)',
  tokenFile: 'names a file; embed the token, or use inCluster: {} for a pod’s own',
  username: 'is basic authentication, which Kubernetes removed; give a token or a client certificate',
  password: 'is basic authentication, which Kubernetes removed; give a token or a client certificate',
  as: 'impersonates; the gateway impersonates by its mappings only',
  'as-groups': 'impersonates; the gateway impersonates by its mappings only',
  'as-uid': 'impersonates; the gateway impersonates by its mappings only',
  'as-user-extra': 'impersonates; the gateway impersonates by its mappings only',
};

/**
 * Takes server, CA and credential of one context out of a kubeconfig. Only what is embedded is taken.
 * @param context its name; absent: `current-context`.
 */
export function importKubeconfig(text: string, context?: string): ImportResult {
  const yaml = readYaml(text);
  const [fault] = yaml.problems;
  if (fault) return { ok: false, problems: [`line ${fault.line} ${fault.message}`] };
  const config = asFields(yaml.documents[0]?.value);
  if (!config || yaml.documents.length !== 1) return { ok: false, problems: ['must be one kubeconfig document'] };

  const wanted = context ?? textOf(config['current-context']);
  const contexts = namesOf(config.contexts);
  if (wanted === undefined || wanted === '')
    return { ok: false, problems: [`names no current-context; give \`context\`, one of ${contexts.join(', ')}`] };
  const chosen = find(config.contexts, wanted, 'context');
  if (!chosen)
    return {
      ok: false,
      problems: [`has no context ${JSON.stringify(wanted)}; it has ${contexts.join(', ') || 'none'}`],
    };

  const clusterName = textOf(chosen.cluster) ?? '';
  const userName = textOf(chosen.user) ?? '';
  const cluster = find(config.clusters, clusterName, 'cluster');
  const user = find(config.users, userName, 'user');
  const problems = [
    ...(cluster
      ? refusals(`cluster ${JSON.stringify(clusterName)}`, cluster, REFUSED_OF_CLUSTER)
      : [`has no cluster ${JSON.stringify(clusterName)}`]),
    ...(user
      ? refusals(`user ${JSON.stringify(userName)}`, user, REFUSED_OF_USER)
      : [`has no user ${JSON.stringify(userName)}`]),
  ];
  if (!cluster || !user) return { ok: false, problems };
  const ca = textOf(cluster['certificate-authority-data']);
  const caFault = ca === undefined ? undefined : checkCertificateData(ca);
  if (caFault !== undefined) problems.push(`certificate-authority-data ${caFault}`);
  const credential = readCredential(user, userName, problems);
  if (problems.length > 0 || !credential) return { ok: false, problems };
  return {
    ok: true,
    imported: {
      server: textOf(cluster.server),
      certificateAuthorityData: ca,
      tlsServerName: textOf(cluster['tls-server-name']),
      credential,
    },
  };
}

function readCredential(user: Fields, name: string, problems: string[]): ImportedKubeconfig['credential'] | undefined {
  const token = textOf(user.token);
  const clientCertificateData = textOf(user['client-certificate-data']);
  const clientKeyData = textOf(user['client-key-data']);
  const pair = clientCertificateData !== undefined || clientKeyData !== undefined;
  const say = (message: string): void => void problems.push(`user ${JSON.stringify(name)} ${message}`);
  if (token !== undefined && pair)
    return void say(
      'has a token and a client certificate; the API server would use one of them only: leave the other out',
    );
  if (token !== undefined) return { token };
  if (clientCertificateData !== undefined && clientKeyData !== undefined)
    return { clientCertificateData, clientKeyData };
  if (pair) return void say('needs both client-certificate-data and client-key-data');
  if (problems.length === 0) say('has neither token nor client-certificate-data with client-key-data');
  return undefined;
}

const refusals = (where: string, fields: Fields, refused: Readonly<Record<string, string>>): string[] =>
  Object.entries(refused).flatMap(([key, why]) => {
    const value = fields[key];
    return value === undefined || value === null || value === '' || value === false ? [] : [`${where}: ${key} ${why}`];
  });

function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const entriesOf = (list: unknown): Fields[] =>
  Array.isArray(list) ? list.map(asFields).filter((entry) => entry !== undefined) : [];
const namesOf = (list: unknown): string[] => entriesOf(list).map((entry) => String(entry.name));
const find = (list: unknown, name: string, key: string): Fields | undefined =>
  asFields(entriesOf(list).find((entry) => entry.name === name)?.[key]);
