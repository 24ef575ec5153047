import {
  createConsents,
  createCredentialChecks,
  createServiceAccountTokens,
  type ClusterConnection,
  type OwnCallPorts,
} from '#clusters';
import type { PipelinePorts } from '#pipeline';

/** What the gateway asks a cluster for itself in the course of a request. Upstreams are what this process opened. */
export function createOwnCallsOfRequests(
  ports: OwnCallPorts,
): Pick<PipelinePorts, 'serviceAccounts' | 'consents' | 'credentials'> {
  const tokens = createServiceAccountTokens(ports);
  const consents = createConsents(ports);
  const credentials = createCredentialChecks(ports);
  return {
    serviceAccounts: {
      get: (upstream, grant, auditId) => tokens.get(upstream as ClusterConnection, grant, auditId),
      forget: (upstream, grant, token) => tokens.forget(upstream as ClusterConnection, grant, token),
    },
    consents: {
      ask: (upstream, own, asked, auditId) => consents.ask(upstream as ClusterConnection, own, asked, auditId),
    },
    credentials: {
      check: (upstream, token, auditId) => credentials.check(upstream as ClusterConnection, token, auditId),
    },
  };
}
