import type { Narrowing, RequestInfo } from '#model';
import type { Act } from './needed-acts.ts';
import { GATEWAY_CLUSTER } from './subject-rules.ts';

/** What kubectl and client libraries must read before they can do anything; it tells nothing of any object. */
const DISCOVERY = /^\/(?:api|apis|openapi|version|healthz|livez|readyz)?(?:$|\/)/;

/**
 * Which part of an access token's narrowing leaves this request out, in words, or undefined where none does. Judged
 * beside the owner's rules, never instead of them. A request whose namespace or name is unknown is left out by a list
 * of namespaces: it may concern others.
 */
export function findNarrowed(
  narrowing: Narrowing,
  cluster: string,
  request: RequestInfo,
  acts: readonly Act[],
): string | undefined {
  const { clusters, namespaces, verbs, resources } = narrowing;
  if (cluster === GATEWAY_CLUSTER && !clusters?.includes(GATEWAY_CLUSTER))
    return 'the access token does not name the cluster "gatehouse"';
  if (clusters && !clusters.includes(cluster)) return `the access token is for the clusters ${shown(clusters)} only`;
  if (!namespaces && !verbs && !resources) return undefined;
  if (!request.isResource)
    return DISCOVERY.test(request.path) && (request.verb === 'get' || request.verb === 'head')
      ? undefined
      : 'the access token is narrowed, so that beside resources it reaches discovery only';
  if (namespaces && !namespaces.includes(request.namespace))
    return `the access token is for the namespaces ${shown(namespaces)} only`;
  const verb = verbs && acts.find((act) => !verbs.includes(act.verb));
  if (verb) return `the access token is for the verbs ${shown(verbs)} only`;
  if (resources && !resources.some((word) => covers(word, request)))
    return `the access token is for the resources ${shown(resources)} only`;
  return undefined;
}

/** `pods`, `pods/log`, `deployments.apps`, `deployments.apps/scale`; exactly, a subresource included. */
function covers(word: string, { resource, subresource, group }: RequestInfo): boolean {
  const [full = '', sub = ''] = word.split('/');
  if (sub !== subresource) return false;
  const dot = full.indexOf('.');
  return dot < 0 ? full === resource : full.slice(0, dot) === resource && full.slice(dot + 1) === group;
}

const shown = (words: readonly string[]): string => words.map((word) => JSON.stringify(word)).join(', ');
