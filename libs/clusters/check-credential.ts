import { createHash } from 'node:crypto';
import { GatehouseError } from '#errors';
import { callAsGateway, type OwnCallPorts } from './call-as-gateway.ts';
import { WHO_AM_I } from './ask-who-am-i.ts';
import { keepAnswers } from './keep-answers.ts';
import type { ClusterConnection } from './open-cluster.ts';

export type CredentialCheck = 'accepted' | 'rejected';

export interface CredentialChecks {
  /**
   * Whether the API server itself accepts a credential, after a 401 that may have come from elsewhere.
   * @param token a person's bearer; undefined for the gateway's own credential.
   * @param onBehalfOf audit id of the request that got the 401.
   * @throws GatehouseError `upstreamUnavailable`, `auditUnavailable`: the API server could not be asked.
   */
  check(cluster: ClusterConnection, token: string | undefined, onBehalfOf: string): Promise<CredentialCheck>;
}

/** Many 401 at once ask one question. */
const KEEP_MS = 5000;

/**
 * Asks with `SelfSubjectReview`, which the API server answers itself and no aggregated API can. Only 401 is a
 * refusal of the credential: authentication comes before authorization (403) and before the look for the API (404, in
 * clusters older than 1.28), so any other status of it means that the credential was accepted.
 */
export function createCredentialChecks(ports: OwnCallPorts): CredentialChecks {
  const keep = keepAnswers<CredentialCheck>({
    keepMs: KEEP_MS,
    now: () => ports.now(),
    isKnown: () => true,
  });
  const ask = async (
    cluster: ClusterConnection,
    token: string | undefined,
    onBehalfOf: string,
  ): Promise<CredentialCheck> => {
    const reason = `the gateway asks whether the cluster accepts ${token === undefined ? 'its own credential' : 'this credential'}`;
    const request = { method: 'POST' as const, ...WHO_AM_I, reason, onBehalfOf };
    const { statusCode } = await callAsGateway(cluster, token === undefined ? request : { ...request, token }, ports);
    if (statusCode === 429 || statusCode >= 500)
      throw new GatehouseError('upstreamUnavailable', `cluster "${cluster.name}" responded ${statusCode}`);
    return statusCode === 401 ? 'rejected' : 'accepted';
  };
  return {
    check: (cluster, token, onBehalfOf) =>
      keep(cluster, token === undefined ? '' : createHash('sha256').update(token).digest('base64'), () =>
        ask(cluster, token, onBehalfOf),
      ),
  };
}
