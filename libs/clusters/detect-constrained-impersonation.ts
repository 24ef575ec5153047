import { GatehouseError } from '#errors';
import { callAsGateway, type OwnCallPorts } from './call-as-gateway.ts';
import type { ClusterConnection } from './open-cluster.ts';

/** On by default from here on (KEP-5284, beta in 1.36). */
const SINCE_MINOR = 36;

/**
 * Whether a cluster's API server has constrained impersonation. No API says so; but the server names the right that is
 * missing when nobody in particular tries to impersonate, and that right has another name where the feature is on.
 * `/livez` is what a server answers without a credential, if anything. Asked without one because the server tries first
 * what last worked for a caller, so that the gateway itself, which may well impersonate by the old verb, would learn
 * nothing. Where that tells nothing the version decides.
 * @throws GatehouseError `upstreamUnavailable`.
 */
export async function detectConstrainedImpersonation(
  cluster: ClusterConnection,
  ports: OwnCallPorts,
): Promise<boolean> {
  const reason = 'the gateway asks whether the cluster has constrained impersonation';
  const probe = await callAsGateway(
    cluster,
    { method: 'GET', path: '/livez', anonymous: true, headers: { 'impersonate-user': 'gatehouse:nobody' }, reason },
    ports,
  );
  if (probe.statusCode === 403 && probe.text.includes('impersonate-on:')) return true;
  if (probe.statusCode === 403 && probe.text.includes('cannot impersonate ')) return false;
  const { statusCode, text } = await callAsGateway(cluster, { method: 'GET', path: '/version', reason }, ports);
  const version = statusCode === 200 ? readVersion(text) : undefined;
  if (!version)
    throw new GatehouseError(
      'upstreamUnavailable',
      `cluster "${cluster.name}" does not say its version (${statusCode})`,
    );
  return version.major > 1 || version.minor >= SINCE_MINOR;
}

function readVersion(text: string): { major: number; minor: number } | undefined {
  const found = /"gitVersion"\s*:\s*"v(\d+)\.(\d+)/.exec(text);
  return found ? { major: Number(found[1]), minor: Number(found[2]) } : undefined;
}
