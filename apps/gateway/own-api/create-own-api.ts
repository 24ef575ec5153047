import { GatehouseError } from '#errors';
import type { OwnApi, OwnApiAnswer, OwnApiRequest } from '#pipeline';
import { answerDiscovery } from './answer-discovery.ts';
import type { OwnApiPorts } from './ports.ts';
import { readDeleteOptions, type Preconditions } from './read-delete-options.ts';
import { refuseUnserved, unserved } from './read-parameters.ts';
import { renameCluster } from './rename-cluster.ts';
import { API_GROUP, API_VERSION, RESOURCES } from './resource-names.ts';
import { createAccessReview, createSelfAccessReview, type ReviewPorts } from './serve-access-reviews.ts';
import { serveAuditEvents } from './serve-audit-events.ts';
import { createDryRun } from './serve-dry-runs.ts';
import { serveObjects } from './serve-objects.ts';
import { serveSessions, type SessionPorts } from './serve-sessions.ts';
import { createServiceToken, serveAccessTokens, serveUsers, type PeoplePorts } from './serve-people.ts';

/**
 * The virtual cluster `gatehouse`: the gateway's own objects, shaped as a Kubernetes API so that kubectl, curl and the
 * console use one form. Who gets here was decided by the pipeline; this only serves.
 */
export function createOwnApi(ports: OwnApiPorts & PeoplePorts & ReviewPorts & SessionPorts): OwnApi {
  return {
    async handle(request: OwnApiRequest): Promise<OwnApiAnswer> {
      const { info } = request;
      if (!info.isResource) return answerDiscovery(info);
      const { group, version, namespace, subresource } = info;
      if (group !== API_GROUP || version !== API_VERSION || namespace !== '') throw new GatehouseError('notFound');
      // The filters of the audit log are parameters of its own list, which reads all of them.
      if (info.resource !== 'auditevents' || info.verb !== 'list') refuseUnserved(info);
      const preconditions = await readPreconditions(request);
      const resource = RESOURCES.find((entry) => entry.plural === info.resource);
      if (resource === undefined && Object.keys(preconditions).length > 0) throw unserved('preconditions');
      if (info.resource === 'serviceidentities' && subresource === 'token')
        return await createServiceToken(request, ports);
      if (info.resource === 'clusters' && subresource === 'rename') return await renameCluster(request, ports);
      if (subresource !== '') throw new GatehouseError('notFound');
      if (info.resource === 'auditevents') return await serveAuditEvents(info, ports);
      if (info.resource === 'users') return await serveUsers(request, ports);
      if (info.resource === 'accessreviews') return await createAccessReview(request, ports);
      if (info.resource === 'selfaccessreviews') return await createSelfAccessReview(request, ports);
      if (info.resource === 'accessruledryruns') return await createDryRun(request, ports);
      if (info.resource === 'accesstokens') return await serveAccessTokens(request, ports);
      if (info.resource === 'sessions') return await serveSessions(request, ports);
      if (!resource) throw new GatehouseError('notFound', `the gateway has no resource "${info.resource}"`);
      return await serveObjects(request, resource.kind, ports, preconditions);
    },
  };
}

async function readPreconditions(request: OwnApiRequest): Promise<Preconditions> {
  const { verb } = request.info;
  return verb === 'delete' || verb === 'deletecollection' ? await readDeleteOptions(request) : {};
}
