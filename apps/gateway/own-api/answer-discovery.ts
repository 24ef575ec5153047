import { GatehouseError } from '#errors';
import type { RequestInfo } from '#model';
import type { OwnApiAnswer } from '#pipeline';
import { openApiSchemas } from '#resources';
import { API_GROUP, API_VERSION, AUDIT_VERBS, OBJECT_VERBS, RESOURCES } from './resource-names.ts';

const GROUP_VERSION = { groupVersion: `${API_GROUP}/${API_VERSION}`, version: API_VERSION };
const GROUP = { name: API_GROUP, versions: [GROUP_VERSION], preferredVersion: GROUP_VERSION };

const resource = (plural: string, kind: string, verbs: readonly string[]) => ({
  name: plural,
  singularName: kind.toLowerCase(),
  namespaced: false,
  kind,
  verbs,
});

/** What kubectl asks before it does anything (`metav1` discovery), so that `kubectl get mappings` works as it is. */
const DOCUMENTS: Readonly<Record<string, () => unknown>> = {
  '/api': () => ({ kind: 'APIVersions', versions: [], serverAddressByClientCIDRs: [] }),
  '/apis': () => ({ kind: 'APIGroupList', apiVersion: 'v1', groups: [GROUP] }),
  [`/apis/${API_GROUP}`]: () => ({ kind: 'APIGroup', apiVersion: 'v1', ...GROUP }),
  [`/apis/${API_GROUP}/${API_VERSION}`]: () => ({
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: GROUP_VERSION.groupVersion,
    resources: [
      ...RESOURCES.map(({ plural, kind }) => resource(plural, kind, OBJECT_VERBS)),
      { ...resource('clusters/rename', 'ClusterRename', ['create']), singularName: '' },
      { ...resource('serviceidentities/token', 'AccessToken', ['create']), singularName: '' },
      resource('auditevents', 'AuditEvent', AUDIT_VERBS),
      resource('users', 'User', ['get', 'list', 'update']),
      resource('sessions', 'Session', ['delete', 'deletecollection', 'get', 'list']),
      resource('accesstokens', 'AccessToken', ['delete', 'get', 'list']),
      resource('accessreviews', 'AccessReview', ['create']),
      resource('selfaccessreviews', 'SelfAccessReview', ['create']),
      resource('accessruledryruns', 'AccessRuleDryRun', ['create']),
    ],
  }),
  '/openapi/v3': () => ({
    paths: {
      [`apis/${API_GROUP}/${API_VERSION}`]: {
        serverRelativeURL: `/clusters/gatehouse/openapi/v3/apis/${API_GROUP}/${API_VERSION}`,
      },
    },
  }),
  [`/openapi/v3/apis/${API_GROUP}/${API_VERSION}`]: () => ({
    openapi: '3.0.0',
    info: { title: 'Gatehouse', version: API_VERSION },
    paths: {},
    components: { schemas: openApiSchemas() },
  }),
};

/** Answers the discovery documents of the virtual cluster. @throws GatehouseError notFound, badMethod. */
export function answerDiscovery(info: RequestInfo): OwnApiAnswer {
  const path = info.path.length > 1 ? info.path.replace(/\/$/, '') : info.path;
  const document = Object.hasOwn(DOCUMENTS, path) ? DOCUMENTS[path] : undefined;
  if (!document) throw new GatehouseError('notFound');
  if (info.verb !== 'get' && info.verb !== 'head') throw new GatehouseError('badMethod');
  return { statusCode: 200, contentType: 'application/json', body: JSON.stringify(document()) };
}
