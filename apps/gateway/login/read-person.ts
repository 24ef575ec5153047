import { authenticate, cookieCounts, type AuthenticationPorts } from '#identity';
import { readRequestHeaders } from '#kube';
import type { PipelineSettings, Snapshot } from '#pipeline';
import type { ReadPerson } from '../http/ports.ts';
import { readSourceAddress } from '../read-source-address.ts';

/** The identity stage for the control plane: same header rules, same cookie rules, same verdicts as on API paths. */
export function createPersonReader(
  settings: PipelineSettings,
  snapshot: () => Snapshot,
  ports: AuthenticationPorts,
): ReadPerson {
  return async (request) => {
    const read = readRequestHeaders(request.rawHeaders);
    if (!read.ok) return { outcome: 'failed', code: 'invalidCredential', message: read.message };
    const { authorization, websocketBearer, cookies, secFetchSite, secFetchMode, origin, upgrade } = read.headers;
    const cookieAllowed = cookieCounts(
      { secFetchSite, secFetchMode, origin, method: request.method ?? '', upgrade: upgrade !== undefined },
      settings.externalOrigin,
    );
    const sourceAddress = readSourceAddress(request, settings.addresses);
    return await authenticate(
      { authorization, websocketBearer, cookies, cookieAllowed, sourceAddress },
      snapshot().issuers,
      ports,
    );
  };
}
