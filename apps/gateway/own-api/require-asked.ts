import { GatehouseError } from '#errors';
import { parseRequest } from '#kube';
import { GATEWAY_CLUSTER, type OwnApiRequest, type Snapshot } from '#pipeline';
import { decide } from '#policy';

/**
 * What a review tells is in these objects: whoever may not list them may not ask.
 * @throws GatehouseError `denied` with the reason.
 */
export function requireAsked(
  { identity, sourceAddress }: OwnApiRequest,
  { snapshot, now }: { snapshot(): Snapshot; now(): number },
  resource: 'accessrules' | 'auditevents',
): void {
  const parsed = parseRequest('GET', `/apis/gatehouse.dev/v1alpha1/${resource}`);
  if (!parsed.ok) throw new Error(parsed.message);
  const context = { upgrade: false, sourceAddress, nowMs: now() };
  const { allowed, reason } = decide(snapshot().policy, identity, GATEWAY_CLUSTER, parsed.request, context);
  if (!allowed) throw new GatehouseError('denied', reason);
}
