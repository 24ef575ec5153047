import type { FailedExpression, FittingMapping } from '#mapping';
import type { Grant } from '#model';
import type { ConsideredRule, FailedPart } from '#policy';
import { nameTarget } from '../replay/show-request.ts';
import type { Explanation, RefusedBy } from './explain-request.ts';

/** How one access rule stands to the request. */
export interface ShownRule {
  readonly rule: string;
  readonly effect: 'Allow' | 'Deny';
  readonly mode: 'Enforce' | 'Report';
  readonly matched: boolean;
  readonly decides: boolean;
  /** A sentence: the first part that does not fit. */
  readonly why?: string;
}

/** An explanation as plain data: for the API, for `-o json`, and to be printed. Holds no credential. */
export interface ShownExplanation {
  readonly method: string;
  readonly target: string;
  readonly cluster: string;
  readonly person: { readonly issuer: string; readonly user: string; readonly groups: readonly string[] };
  /** `list team-b/secrets`; absent where the target is refused. */
  readonly reads?: string;
  /** Why it is refused before any mapping or rule is asked. */
  readonly refusal?: string;
  readonly mapping?: ShownMapping;
  /** Mappings that fit as well and are not used, in the order in which they would be. */
  readonly otherMappings: readonly FittingMapping[];
  /** Mappings that do not fit since their expression cannot be judged for what is known of the claims. */
  readonly unjudgedMappings: readonly FailedExpression[];
  /** Rules that are for this person and this cluster. */
  readonly rules: readonly ShownRule[];
  /** Rules for others, which were not asked further. */
  readonly rulesForOthers: number;
  readonly decision?: {
    readonly allowed: boolean;
    readonly rule?: string;
    readonly reason: string;
    readonly reported: readonly { readonly rule: string; readonly effect: string }[];
  };
  /** As they would go upstream; absent where nothing would be sent. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** What the API server's own RBAC says, a verb each. */
  readonly rbac: readonly { readonly verb: string; readonly allowed?: boolean; readonly says: string }[];
  readonly allowed: boolean;
  readonly refusedBy?: RefusedBy;
}

export type ShownMapping =
  | { readonly refused: string }
  | {
      readonly name: string;
      readonly mode: Grant['mode'];
      readonly user: string;
      readonly groups: readonly string[];
      readonly uid?: string;
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };

export function showExplanation(explanation: Explanation): ShownExplanation {
  const { asked, request, refusal, mapped, mappings, decision } = explanation;
  const { considered, headers, reviewed, allowed, refusedBy } = explanation;
  const { issuer, username, groups } = asked.identity;
  const own = considered.filter(({ failed }) => failed?.part !== 'subject' && failed?.part !== 'cluster');
  return {
    method: asked.method,
    target: asked.target,
    cluster: asked.cluster,
    person: { issuer, user: username, groups },
    ...(request ? { reads: `${request.verb} ${nameTarget(request)}` } : {}),
    ...(refusal === undefined ? {} : { refusal }),
    ...(mapped ? { mapping: mapped.ok ? showGrant(mapped.grant) : { refused: mapped.message } } : {}),
    otherMappings: mappings.fitting.slice(1),
    unjudgedMappings: mappings.failed,
    rules: own.map(showRule),
    rulesForOthers: considered.length - own.length,
    ...(decision
      ? {
          decision: {
            allowed: decision.allowed,
            ...(decision.rule === undefined ? {} : { rule: decision.rule }),
            reason: decision.reason,
            reported: decision.reported,
          },
        }
      : {}),
    ...(headers ? { headers: pairsOf(headers) } : {}),
    rbac: reviewed.map((review) =>
      review.asked
        ? { verb: review.verb, allowed: review.allowed, says: review.reason }
        : { verb: review.verb, says: `not asked: ${review.why}` },
    ),
    allowed,
    ...(refusedBy === undefined ? {} : { refusedBy }),
  };
}

function showGrant(grant: Grant): ShownMapping {
  const { mapping, mode, user, groups } = grant;
  const { uid, extra } = grant.mode === 'impersonate' ? grant : { uid: undefined, extra: {} };
  return {
    name: mapping,
    mode,
    user,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}

function showRule({ rule, effect, mode, matched, decides, failed }: ConsideredRule): ShownRule {
  return { rule, effect, mode, matched, decides, ...(failed ? { why: describe(failed) } : {}) };
}

function describe({ part, ruled, asked }: FailedPart): string {
  if (part === 'condition') return `its condition ${ruled.join(', ')} does not hold: ${asked}`;
  const has = ruled.map((word) => (word === '' ? '""' : word)).join(', ');
  const of = asked === '' ? (part === 'namespace' ? 'no namespace' : part === 'name' ? 'no name' : '""') : asked;
  return has === '' ? `it says nothing of ${part} ${of}` : `${part} ${of} is not what it has: ${has}`;
}

function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at < flat.length; at += 2) pairs.push([flat[at] as string, flat[at + 1] as string]);
  return pairs;
}
