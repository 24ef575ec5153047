import type { Identity, RequestInfo } from '#model';

/** The first half of a denial, in the API server's own style: who cannot do what, where. Names are quoted, so that none can forge a line. */
export function describeRequest(identity: Identity, cluster: string, request: RequestInfo, verb: string): string {
  const who = `User ${JSON.stringify(identity.username)} (issuer ${identity.issuer})`;
  const on = `on cluster ${JSON.stringify(cluster)}`;
  if (!request.isResource) return `${who} cannot ${verb} path ${JSON.stringify(request.path)} ${on}`;
  const resource = request.subresource === '' ? request.resource : `${request.resource}/${request.subresource}`;
  const where =
    request.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(request.namespace)}`;
  return `${who} cannot ${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(request.group)} ${where} ${on}`;
}
