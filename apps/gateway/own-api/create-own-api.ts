import type { AuditStore } from '#audit';
import { GatehouseError } from '#errors';
import type { OwnApi, OwnApiAnswer, OwnApiRequest } from '#pipeline';
import type { ObjectStore, ResourceObject } from '#resources';
import { answerDiscovery } from './answer-discovery.ts';
import { API_GROUP, API_VERSION, RESOURCES } from './resource-names.ts';
import { serveAuditEvents } from './serve-audit-events.ts';
import { serveObjects } from './serve-objects.ts';

export interface OwnApiPorts {
  readonly objects: ObjectStore;
  readonly audit: AuditStore;
  /** Makes what is queued visible to a reader of the log. */
  flushAudit(): Promise<void>;
  /** Compiles the would-be set of objects; throws where it does not compile, and then nothing is saved. */
  checkCompiles(objects: readonly ResourceObject<unknown>[]): void;
  /** Resolves when the next request is judged by what was just saved. */
  applied(): Promise<void>;
}

/**
 * The virtual cluster `gatehouse`: the gateway's own objects, shaped as a Kubernetes API so that kubectl, curl and the
 * console use one form. Who gets here was decided by the pipeline; this only serves.
 */
export function createOwnApi(ports: OwnApiPorts): OwnApi {
  return {
    async handle(request: OwnApiRequest): Promise<OwnApiAnswer> {
      const { info } = request;
      if (!info.isResource) return answerDiscovery(info);
      const known = info.group === API_GROUP && info.version === API_VERSION && info.namespace === '' && info.subresource === '';
      if (!known) throw new GatehouseError('notFound');
      if (info.resource === 'auditevents') return await serveAuditEvents(info, ports);
      const resource = RESOURCES.find((entry) => entry.plural === info.resource);
      if (!resource) throw new GatehouseError('notFound', `the gateway has no resource "${info.resource}"`);
      return await serveObjects(request, resource.kind, ports);
    },
  };
}
