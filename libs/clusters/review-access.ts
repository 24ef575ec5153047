import { GatehouseError } from '#errors';
import type { Grant, RequestInfo } from '#model';
import { callAsGateway, type OwnCallPorts } from './call-as-gateway.ts';
import type { ClusterConnection } from './open-cluster.ts';

export type AccessReview =
  | { readonly asked: true; readonly allowed: boolean; readonly reason: string }
  | { readonly asked: false; readonly why: string };

const PATH = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/**
 * What the API server's own authorization says of a request of a mapped identity (SubjectAccessReview), asked with the
 * gateway's credential. Where that may not ask, or the cluster cannot be reached, the answer says so.
 * @param onBehalfOf audit id of the request that it is asked for.
 * @param verb other than the request's own where it amounts to more than one.
 * @param onBehalfOf audit id of the request that wants to know.
 */
export async function reviewAccess(
  cluster: ClusterConnection,
  grant: Grant,
  request: RequestInfo,
  verb: string,
  ports: OwnCallPorts,
  onBehalfOf?: string,
): Promise<AccessReview> {
  try {
    const { statusCode, text } = await callAsGateway(
      cluster,
      {
        method: 'POST',
        path: PATH,
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: specOf(grant, request, verb),
        },
        reason: `the gateway asks what the cluster allows ${JSON.stringify(grant.user)}`,
        ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
      },
      ports,
    );
    if (statusCode === 403)
      return {
        asked: false,
        why: `the gateway’s credential lacks the right to create subjectaccessreviews on cluster "${cluster.name}"`,
      };
    if (statusCode !== 200 && statusCode !== 201)
      return { asked: false, why: `cluster "${cluster.name}" answers ${statusCode}` };
    const { status } = JSON.parse(text) as { status?: { allowed?: unknown; reason?: unknown } };
    return {
      asked: true,
      allowed: status?.allowed === true,
      reason: typeof status?.reason === 'string' ? status.reason : '',
    };
  } catch (error) {
    if (error instanceof GatehouseError) return { asked: false, why: error.message };
    return { asked: false, why: `cluster "${cluster.name}" gave no answer that can be read` };
  }
}

function specOf(grant: Grant, request: RequestInfo, verb: string): object {
  const { group, version, resource, subresource, namespace, name, path } = request;
  // What the API server adds to whoever logs in or is impersonated.
  const groups = [...new Set([...grant.groups, 'system:authenticated'])];
  const { uid, extra } = grant.mode === 'impersonate' ? grant : { uid: undefined, extra: {} };
  return {
    user: grant.user,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
    ...(request.isResource
      ? { resourceAttributes: { verb, group, version, resource, subresource, namespace, name } }
      : { nonResourceAttributes: { verb, path } }),
  };
}
