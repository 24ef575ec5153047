import type { AccessRuleInput } from '#policy';
import type { ResourceObject } from '#resources';

/** The access rules among objects, in the form that `#policy` compiles. */
export function accessRulesOf(objects: readonly ResourceObject[]): AccessRuleInput[] {
  return objects
    .filter(({ kind }) => kind === 'AccessRule')
    .map(({ spec, metadata }) => ({
      ...(spec as Omit<AccessRuleInput, 'name'>),
      name: metadata.name,
      version: metadata.resourceVersion,
    }));
}

export interface RuleChange {
  /** AccessRules as they would be saved; one of a known name takes its place. */
  readonly saved: readonly ResourceObject[];
  /** Names of rules that would be deleted. */
  readonly deleted: readonly string[];
}

/** The rules as they would be after a change. */
export function changeRules(before: readonly AccessRuleInput[], { saved, deleted }: RuleChange): AccessRuleInput[] {
  const added = accessRulesOf(saved);
  const gone = new Set([...deleted, ...added.map(({ name }) => name)]);
  return [...before.filter(({ name }) => !gone.has(name)), ...added];
}
