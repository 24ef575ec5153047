import { z } from 'zod';
import {
  explainRequest,
  findPerson,
  requestOfAttributes,
  showExplanation,
  type Asked,
  type ExplainPorts,
  type ShownExplanation,
} from '#advice';
import { reviewAccess, type ClusterConnection, type OwnCallPorts } from '#clusters';
import { GatehouseError } from '#errors';
import type { MappingPorts } from '#mapping';
import { GATEWAY_CLUSTER, type OwnApiAnswer, type OwnApiRequest, type Snapshot } from '#pipeline';
import { requireAsked } from './require-asked.ts';
import type { OwnApiPorts } from './ports.ts';
import { readReview, reviewAnswer } from './read-review.ts';

export interface ReviewPorts {
  snapshot(): Snapshot;
  readonly mapping: MappingPorts;
  readonly ownCalls: OwnCallPorts;
  now(): number;
}

const text = z.string().max(4096);
const asked = {
  /** Absent: the default one. */
  cluster: text.optional(),
  method: text.optional(),
  /** The target, with its query. */
  path: text.optional(),
  resourceAttributes: z
    .strictObject({
      verb: text,
      group: text.optional(),
      version: text.optional(),
      resource: text,
      subresource: text.optional(),
      namespace: text.optional(),
      name: text.optional(),
    })
    .optional(),
  /** Only a stream into a pod is one by itself. */
  upgrade: z.boolean().optional(),
};
const selfSpec = z.strictObject(asked);
const spec = z.strictObject({
  ...asked,
  /** As the issuer makes it, or a unique short form. */
  user: text.min(1),
  issuer: text.optional(),
  /** Absent: those that the audit log saw last. */
  groups: z.array(text).max(1000).optional(),
  sourceAddress: text.optional(),
});

/** `accessreviews`: why somebody's request would be allowed or denied. Only for those who may read the rules. */
export async function createAccessReview(
  request: OwnApiRequest,
  ports: OwnApiPorts & ReviewPorts,
): Promise<OwnApiAnswer> {
  requireAsked(request, ports, 'accessrules');
  const read = await readReview(request, 'AccessReview', spec);
  const { user, issuer, groups, sourceAddress = '' } = read;
  const { issuers, objects } = ports.snapshot();
  await ports.flushAudit();
  const person = await findPerson(
    { name: user, issuer, groups },
    {
      audit: ports.audit,
      issuers,
      issuerNames: objects.filter(({ kind }) => kind === 'Issuer').map(({ metadata }) => metadata.name),
    },
  );
  if (!person.ok) throw new GatehouseError('invalid', `spec.user: ${person.message}`);
  const shown = await explain({ identity: person.identity, sourceAddress }, read, request, ports);
  return reviewAnswer('AccessReview', read, { ...shown, known: person.known });
}

/** `selfaccessreviews`: the same of oneself, without the rules and the headers: those are for admins. */
export async function createSelfAccessReview(
  request: OwnApiRequest,
  ports: OwnApiPorts & ReviewPorts,
): Promise<OwnApiAnswer> {
  const read = await readReview(request, 'SelfAccessReview', selfSpec);
  const shown = await explain(
    { identity: request.identity, sourceAddress: request.sourceAddress, decisionOnly: true },
    read,
    request,
    ports,
  );
  const { rules: _rules, rulesForOthers: _others, headers: _headers, ...status } = shown;
  return reviewAnswer('SelfAccessReview', read, status);
}

async function explain(
  person: Pick<Asked, 'identity' | 'sourceAddress' | 'decisionOnly'>,
  read: z.output<typeof selfSpec>,
  { auditId }: OwnApiRequest,
  { snapshot, mapping, ownCalls, now }: ReviewPorts,
): Promise<ShownExplanation> {
  const { clusters, defaultCluster, mappings, policy } = snapshot();
  const cluster = read.cluster ?? defaultCluster ?? '';
  const request = requestOf(read);
  const upstream = cluster === GATEWAY_CLUSTER ? undefined : (clusters.get(cluster) as ClusterConnection | undefined);
  const reviews: Pick<ExplainPorts, 'reviewAccess'> = upstream
    ? {
        reviewAccess: async (grant, info, verb) => ({
          verb,
          ...(await reviewAccess(upstream, grant, info, verb, ownCalls, auditId)),
        }),
      }
    : {};
  return showExplanation(
    await explainRequest(
      { ...request, ...person, cluster, nowMs: now() },
      { mappings, policy },
      { mapping, upstream: () => upstream, ...reviews },
    ),
  );
}

function requestOf({ method, path, resourceAttributes, upgrade = false }: z.output<typeof selfSpec>): {
  method: string;
  target: string;
  upgrade: boolean;
} {
  if ((path === undefined) === (resourceAttributes === undefined))
    throw new GatehouseError('invalid', 'spec must have exactly one of path (with method) and resourceAttributes');
  if (path !== undefined) return { method: method ?? 'GET', target: path, upgrade };
  const request = resourceAttributes && requestOfAttributes(resourceAttributes);
  if (request === undefined) throw new GatehouseError('invalid', 'spec.resourceAttributes: no request has these');
  return { ...request, upgrade: upgrade || request.upgrade };
}
