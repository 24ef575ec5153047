import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { GatehouseError } from '#errors';
import { askOwnRights, type OwnRule } from './ask-own-rights.ts';
import { callAsGateway, type OwnCallPorts } from './call-as-gateway.ts';
import type { ClusterConnection } from './open-cluster.ts';

/** How a cluster is, as far as the gateway can tell by asking it. Times are RFC 3339. */
export interface ClusterHealth {
  readonly checkedAt: string;
  /** It answered over verified TLS, whatever it answered. */
  readonly reachable: boolean;
  /** `v1.36.3` */
  readonly version?: string;
  /** When the server's own certificate ends. */
  readonly certificateExpiresAt?: string;
  /** When the gateway's credential there ends, where it says so itself (a certificate, a bound token). */
  readonly credentialExpiresAt?: string;
  /** Whom the credential may impersonate by RBAC: anybody, some by name, nobody; or another authorizer decides. */
  readonly impersonation?: 'anybody' | 'named' | 'nobody' | 'unknown';
  /** What an admin should mend, each a sentence. */
  readonly problems: readonly string[];
}

const WARN_BEFORE_MS = 14 * 86_400_000;
const TLS_WITHIN_MS = 10_000;

/** Asks a cluster how it is: certificate, version, and what the gateway's own credential may be. Never rejects. */
export async function probeHealth(cluster: ClusterConnection, ports: OwnCallPorts): Promise<ClusterHealth> {
  const nowMs = ports.now();
  const problems: string[] = [];
  const checkedAt = time(nowMs);
  const ends = (what: string, atMs: number): void => {
    if (atMs <= nowMs) problems.push(`${what} ended at ${time(atMs)}`);
    else if (atMs - nowMs < WARN_BEFORE_MS) problems.push(`${what} ends at ${time(atMs)}`);
  };
  const { credentialExpiresAtMs } = cluster;
  if (credentialExpiresAtMs !== undefined) ends('the gateway’s credential', credentialExpiresAtMs);
  if (cluster.credentialProblem) problems.push(cluster.credentialProblem);
  const credential = credentialExpiresAtMs === undefined ? {} : { credentialExpiresAt: time(credentialExpiresAtMs) };

  let certificateEndsMs: number;
  try {
    certificateEndsMs = Date.parse((await readCertificate(cluster)).valid_to);
  } catch (error) {
    problems.unshift(`it cannot be reached: ${describe(error)}`);
    return { checkedAt, reachable: false, ...credential, problems };
  }
  ends('the server’s certificate', certificateEndsMs);
  const reached = { checkedAt, reachable: true, certificateExpiresAt: time(certificateEndsMs), ...credential };
  try {
    const version = await askVersion(cluster, ports, problems);
    const rights = cluster.credentialProblem ? undefined : await askOwnRights(cluster, 'default', ports);
    return {
      ...reached,
      ...(version === undefined ? {} : { version }),
      ...(rights === undefined ? {} : { impersonation: readImpersonation(rights.rules, rights.incomplete) }),
      problems,
    };
  } catch (error) {
    problems.push((error as Error).message);
    return { ...reached, problems };
  }
}

/** As everybody where there is no credential, or it is refused: the version is what most clusters tell anybody. */
async function askVersion(
  cluster: ClusterConnection,
  ports: OwnCallPorts,
  problems: string[],
): Promise<string | undefined> {
  const reason = 'the gateway asks how the cluster is';
  const ask = async (anonymous: boolean) =>
    await callAsGateway(cluster, { method: 'GET', path: '/version', anonymous, reason }, ports);
  let answer = await ask(cluster.credentialProblem !== undefined);
  if (answer.statusCode === 401 && cluster.credentialProblem === undefined) {
    problems.push('it refuses the gateway’s credential (401); give it a new one');
    answer = await ask(true);
  }
  return /"gitVersion"\s*:\s*"(v[0-9A-Za-z.+-]{1,60})"/.exec(answer.text)?.[1];
}

function readCertificate(cluster: ClusterConnection): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ ...cluster.connectOptions('person'), rejectUnauthorized: true });
    const late = setTimeout(() => socket.destroy(new Error('no answer in time')), TLS_WITHIN_MS);
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => clearTimeout(late));
  });
}

const VERBS = /^(?:\*|impersonate|impersonate:[a-z-]+)$/;
const GROUPS = ['*', '', 'authentication.k8s.io'];

/** By the plain verb, or by those of constrained impersonation (KEP-5284). */
function readImpersonation(rules: readonly OwnRule[], incomplete: boolean): ClusterHealth['impersonation'] {
  const found = rules.filter(
    ({ verbs, apiGroups = [], resources = [] }) =>
      verbs.some((verb) => VERBS.test(verb)) &&
      apiGroups.some((group) => GROUPS.includes(group)) &&
      resources.some((resource) => ['*', 'users'].includes(resource)),
  );
  if (found.some(({ resourceNames = [] }) => resourceNames.length === 0)) return 'anybody';
  if (found.length > 0) return 'named';
  return incomplete ? 'unknown' : 'nobody';
}

/** Codes and TLS' own words; never what the peer wrote. */
function describe(error: unknown): string {
  if (error instanceof GatehouseError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return code && !message.includes(code) ? `${message} (${code})` : message;
}

const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
