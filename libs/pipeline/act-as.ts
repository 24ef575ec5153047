import { impersonatedIdentity } from '#identity';
import { impersonationRequests, ORIGINAL_USER_KEY } from '#kube';
import { grantActingAs } from '#mapping';
import { decide, decideActingAs, type DecisionContext } from '#policy';
import type { AskedIdentity, DeniedDecision, Grant, Identity, ImpersonateGrant, RequestInfo } from '#model';
import type { Refusal } from './refusal.ts';
import type { Snapshot } from './snapshot.ts';

/** Somebody who acts as somebody else (`kubectl --as`), as far as the gateway's own rules allow it. */
export interface ActingAs {
  readonly ok: true;
  readonly asked: AskedIdentity;
  /** What goes upstream. */
  readonly grant: ImpersonateGrant;
  /** What the cluster is still to be asked, for the person's own Grant. */
  readonly questions: readonly RequestInfo[];
  /** Rules that gave the verb `impersonate`. */
  readonly rules: readonly string[];
}

export interface ActingInput {
  readonly identity: Identity;
  readonly cluster: string;
  /** The person's own. */
  readonly grant: Grant;
  readonly asked: AskedIdentity;
  readonly request: RequestInfo;
  readonly context: DecisionContext;
}

/**
 * May this person act as that one, and may that one do this? The person's own right to the request is judged beside it,
 * as for any request; the cluster's consent is asked last, since a refused request sends nothing. Pure.
 */
export function actAs(
  { policy }: Snapshot,
  input: ActingInput,
): ActingAs | (Refusal & { readonly decision?: DeniedDecision }) {
  const { identity, cluster, grant, asked, request, context } = input;
  const minted = grantActingAs(grant, asked, ORIGINAL_USER_KEY);
  if (!minted.ok) return { ok: false, code: 'impersonationRefused', message: minted.message };
  const questions = impersonationRequests(asked);
  const may = decideActingAs(policy, identity, cluster, questions, context);
  if (!may.allowed) return { ok: false, code: 'impersonationRefused', message: may.reason };
  const target = decide(policy, impersonatedIdentity(identity, asked), cluster, request, context);
  if (!target.allowed) return { ok: false, code: 'denied', message: target.reason, decision: target };
  return { ok: true, asked, grant: minted.grant, questions, rules: may.rules };
}
