import type { RunningExchange } from '#http';
import type { AuditDraft } from './audit-draft.ts';
import type { Judged } from './judge.ts';
import type { PipelinePorts } from './ports.ts';

/**
 * Registers the stream, so that a change that would refuse it cuts it.
 * @param judgedAt the epoch of the open streams when the request was judged.
 */
export function watchStream(
  judged: Extract<Judged, { own: false }>,
  draft: AuditDraft,
  upgrade: boolean,
  forwarding: RunningExchange,
  ports: PipelinePorts,
  judgedAt: number,
): () => void {
  const { identity, decision, ownGrant, acting, upstream } = judged;
  return ports.streams.add(
    {
      identity,
      cluster: decision.cluster,
      request: decision.request,
      upgrade,
      sourceAddress: draft.sourceAddress,
      ownGrant,
      asked: acting?.asked,
      upstream,
    },
    (code, message) => {
      if (message !== undefined) draft.annotations.abortReason = message;
      forwarding.abort(code, message);
    },
    judgedAt,
  );
}
