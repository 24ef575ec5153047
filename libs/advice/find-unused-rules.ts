import type { RuleUse } from '#audit';
import type { AccessRuleSpec, ResourceObject } from '#resources';

/** An access rule that decided nothing. */
export interface UnusedRule {
  readonly rule: string;
  readonly effect: 'Allow' | 'Deny';
  readonly mode: 'Enforce' | 'Report';
  /** RFC 3339; '' where unknown. */
  readonly createdAt: string;
  /** Made within the time that was looked at: it had less of it to be used in. */
  readonly younger: boolean;
}

/** Rules among `objects` that neither decided nor, in mode Report, would have decided any request since then. */
export function findUnusedRules(
  objects: readonly ResourceObject[],
  uses: readonly RuleUse[],
  sinceMs: number,
): UnusedRule[] {
  const used = new Set(uses.map(({ rule }) => rule));
  return objects
    .filter(({ kind, metadata }) => kind === 'AccessRule' && !used.has(metadata.name))
    .map(({ metadata, spec }) => {
      const { effect, mode } = spec as AccessRuleSpec;
      const createdAt = metadata.creationTimestamp ?? '';
      return { rule: metadata.name, effect, mode, createdAt, younger: Date.parse(createdAt) > sinceMs };
    });
}
