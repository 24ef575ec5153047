import { callAsGateway, type ClusterConnection, type OwnCallPorts, type OwnRequest } from '#clusters';
import { OWNER_LABEL, nameOf, type RbacObject } from '#rights';
import { CliFailure } from '../failure.ts';

const ROOT = '/apis/rbac.authorization.k8s.io/v1';
const PLURALS = {
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Role: 'roles',
  RoleBinding: 'rolebindings',
} as const;
const KINDS = Object.keys(PLURALS) as RbacObject['kind'][];

/** The RBAC objects of a cluster, as far as the credential of the connection may see and change them. */
export interface RbacApi {
  /** Undefined where there is none. */
  get(object: RbacObject): Promise<RbacObject | undefined>;
  /** Whatever carries the label of this name, in all namespaces. */
  listOwned(name: string): Promise<RbacObject[]>;
  namespaceExists(namespace: string): Promise<boolean>;
  /** Makes it so (server-side apply), whoever changed it meanwhile. */
  apply(object: RbacObject): Promise<void>;
  delete(object: RbacObject): Promise<void>;
}

/** @throws (by its functions) CliFailure for what the cluster refuses, GatehouseError where it cannot be reached. */
export function createRbacApi(cluster: ClusterConnection, ports: OwnCallPorts): RbacApi {
  const call = async (
    what: string,
    request: Omit<OwnRequest, 'reason'>,
    absent: 'may be absent' | 'must exist' = 'must exist',
  ): Promise<string | undefined> => {
    const { statusCode, text } = await callAsGateway(cluster, { ...request, reason: `gatehouse rbac: ${what}` }, ports);
    if (statusCode >= 200 && statusCode < 300) return text;
    if (statusCode === 404 && absent === 'may be absent') return undefined;
    throw new CliFailure(`cluster "${cluster.name}" refuses to ${what} (${statusCode}): ${messageOf(text)}`);
  };
  return {
    async get(object) {
      const text = await call(`read ${nameOf(object)}`, { method: 'GET', path: pathOf(object) }, 'may be absent');
      return text === undefined ? undefined : ({ ...JSON.parse(text), kind: object.kind } as RbacObject);
    },
    async listOwned(name) {
      const selector = encodeURIComponent(`${OWNER_LABEL}=${name}`);
      const found: RbacObject[] = [];
      for (const kind of KINDS) {
        const path = `${ROOT}/${PLURALS[kind]}?labelSelector=${selector}`;
        const text = (await call(`list ${PLURALS[kind]}`, { method: 'GET', path })) as string;
        const { items } = JSON.parse(text) as { items: RbacObject[] };
        found.push(...items.map((item) => ({ ...item, kind })));
      }
      return found;
    },
    async namespaceExists(namespace) {
      const request = { method: 'GET', path: `/api/v1/namespaces/${namespace}` } as const;
      return (await call(`read namespace ${namespace}`, request, 'may be absent')) !== undefined;
    },
    async apply(object) {
      await call(`apply ${nameOf(object)}`, {
        method: 'PATCH',
        path: `${pathOf(object)}?fieldManager=gatehouse-rbac&force=true`,
        body: object,
        contentType: 'application/apply-patch+yaml',
      });
    },
    async delete(object) {
      await call(`delete ${nameOf(object)}`, { method: 'DELETE', path: pathOf(object) }, 'may be absent');
    },
  };
}

function pathOf({ kind, metadata: { name, namespace } }: RbacObject): string {
  const place = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${ROOT}${place}/${PLURALS[kind]}/${encodeURIComponent(name)}`;
}

/** The message of a Status, which is made for people; anything else may be anything. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : 'no reason given';
  } catch {
    return 'no reason given';
  }
}
