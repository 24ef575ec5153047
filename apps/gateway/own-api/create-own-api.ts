import { GatehouseError } from '#errors';
import type { OwnApi, OwnApiAnswer, OwnApiRequest } from '#pipeline';
import { answerDiscovery } from './answer-discovery.ts';
import type { OwnApiPorts } from './ports.ts';
import { API_GROUP, API_VERSION, RESOURCES } from './resource-names.ts';
import { serveAuditEvents } from './serve-audit-events.ts';
import { serveObjects } from './serve-objects.ts';

/**
 * The virtual cluster `gatehouse`: the gateway's own objects, shaped as a Kubernetes API so that kubectl, curl and the
 * console use one form. Who gets here was decided by the pipeline; this only serves.
 */
export function createOwnApi(ports: OwnApiPorts): OwnApi {
  return {
    async handle(request: OwnApiRequest): Promise<OwnApiAnswer> {
      const { info } = request;
      if (!info.isResource) return answerDiscovery(info);
      const known =
        info.group === API_GROUP && info.version === API_VERSION && info.namespace === '' && info.subresource === '';
      if (!known) throw new GatehouseError('notFound');
      if (info.resource === 'auditevents') return await serveAuditEvents(info, ports);
      const resource = RESOURCES.find((entry) => entry.plural === info.resource);
      if (!resource) throw new GatehouseError('notFound', `the gateway has no resource "${info.resource}"`);
      return await serveObjects(request, resource.kind, ports);
    },
  };
}
