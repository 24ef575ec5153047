import { createServiceAccountTokens, type ClusterConnection, type OwnCallPorts } from '#clusters';
import type { ServiceAccountBearers } from '#pipeline';

/** The pipeline's upstreams are the connections that this process opened. */
export function createServiceAccountBearers(ports: OwnCallPorts): ServiceAccountBearers {
  const tokens = createServiceAccountTokens(ports);
  return {
    get: (upstream, grant, auditId) => tokens.get(upstream as ClusterConnection, grant, auditId),
    forget: (upstream, grant, token) => tokens.forget(upstream as ClusterConnection, grant, token),
  };
}
