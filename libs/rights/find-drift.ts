import { describeRule } from './describe-rule.ts';
import type { PolicyRule, RbacObject } from './rbac-objects.ts';
import { tidyRules } from './tidy-rules.ts';

/** One object that is not what it should be: `-` lines the cluster has, `+` lines it lacks. */
export interface Drift {
  readonly object: string;
  readonly lines: readonly string[];
}

/**
 * Compares what should be in the cluster with what is there. `live` holds the objects of the same names and whatever
 * else carries the label; one that should not be there is drift as well.
 */
export function findDrift(wanted: readonly RbacObject[], live: readonly RbacObject[]): Drift[] {
  const liveByKey = new Map(live.map((object) => [nameOf(object), object]));
  const keys = new Set(wanted.map(nameOf));
  const drifts = wanted.map((object) => ({
    object: nameOf(object),
    lines: compare(liveByKey.get(nameOf(object)), object),
  }));
  const leftOver = live
    .filter((object) => !keys.has(nameOf(object)))
    .map((object) => ({ object: nameOf(object), lines: compare(object, undefined) }));
  return [...drifts, ...leftOver].filter(({ lines }) => lines.length > 0);
}

/** `ClusterRole/gatehouse`, `Role/team-a/gatehouse`. */
export function nameOf({ kind, metadata: { name, namespace } }: RbacObject): string {
  return [kind, ...(namespace === undefined ? [] : [namespace]), name].join('/');
}

function compare(live: RbacObject | undefined, wanted: RbacObject | undefined): string[] {
  const before = linesOf(live);
  const after = linesOf(wanted);
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}

/** What decides anything; labels and what only the server knows do not. */
function linesOf(object: RbacObject | undefined): string[] {
  if (!object) return [];
  // A name more or less is one line, not two long ones.
  const rules = tidyRules((object.rules ?? []).flatMap(oneByName));
  return [
    ...rules.flatMap(oneByName).map(describeRule),
    ...(object.roleRef ? [`role ${object.roleRef.kind} ${JSON.stringify(object.roleRef.name)}`] : []),
    ...(object.subjects ?? []).map((subject) =>
      subject.kind === 'ServiceAccount'
        ? `to ServiceAccount ${JSON.stringify(`${subject.namespace}/${subject.name}`)}`
        : `to ${subject.kind} ${JSON.stringify(subject.name)}`,
    ),
  ];
}

function oneByName(rule: PolicyRule): PolicyRule[] {
  return rule.resourceNames?.length ? rule.resourceNames.map((name) => ({ ...rule, resourceNames: [name] })) : [rule];
}
