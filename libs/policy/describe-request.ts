import type { Identity, RequestInfo } from '#model';

/**
 * The first half of a denial, word for word in the API server's own style: `pods "web" is forbidden: User "x" cannot
 * get resource "pods" …`. Names are quoted, so that none can forge a line.
 */
export function describeRequest(identity: Identity, cluster: string, request: RequestInfo, verb: string): string {
  const who = `User ${JSON.stringify(identity.username)} (issuer ${identity.issuer})`;
  const on = `on cluster ${JSON.stringify(cluster)}`;
  if (!request.isResource) return `forbidden: ${who} cannot ${verb} path ${JSON.stringify(request.path)} ${on}`;
  const { group, namespace, subresource } = request;
  const kind = group === '' ? request.resource : `${request.resource}.${group}`;
  const name = request.name === '' ? '' : ` ${JSON.stringify(request.name)}`;
  const resource = subresource === '' ? request.resource : `${request.resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  // OPTIONS has no verb.
  const act = verb === '' ? request.method.toLowerCase() : verb;
  return `${plain(kind)}${name} is forbidden: ${who} cannot ${act} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${where} ${on}`;
}

/** As it is where it can be a resource's name; quoted where the network sent anything else. */
const plain = (kind: string): string => (/^[a-z0-9.-]+$/.test(kind) ? kind : JSON.stringify(kind));
