import type { ResourceObject } from '#resources';

interface RuleSpec {
  subjects: { issuer: string }[];
  clusters: string[];
  effect?: string;
  mode?: string;
  conditions?: { notBefore?: string; notAfter?: string };
  rules: {
    verbs?: string[];
    apiGroups?: string[];
    resources?: string[];
    resourceNames?: string[];
    namespaces?: string[];
  }[];
}

const covers = (list: readonly string[] | undefined, word: string): boolean =>
  list?.some((entry) => entry === word || entry === '*') ?? false;

/**
 * Whether some access rule, for people of an issuer that exists, still allows changing access rules. Reads the rules
 * narrowly (no raw paths, no names, none that begins or ends): where it errs, it keeps a rule that could have gone; `gatehouse admin grant` on the
 * gateway's machine is the way back in any case.
 */
export function keepsAnAdmin(objects: readonly ResourceObject<unknown>[]): boolean {
  const issuers = new Set(objects.filter((object) => object.kind === 'Issuer').map((object) => object.metadata.name));
  return objects.some((object) => {
    if (object.kind !== 'AccessRule') return false;
    const spec = object.spec as RuleSpec;
    return (
      (spec.effect ?? 'Allow') === 'Allow' &&
      (spec.mode ?? 'Enforce') === 'Enforce' &&
      spec.conditions?.notBefore === undefined &&
      spec.conditions?.notAfter === undefined &&
      spec.clusters.includes('gatehouse') &&
      spec.subjects.some((subject) => issuers.has(subject.issuer)) &&
      spec.rules.some(
        (rule) =>
          covers(rule.verbs, 'update') &&
          covers(rule.apiGroups, 'gatehouse.dev') &&
          covers(rule.resources, 'accessrules') &&
          !rule.resourceNames?.length &&
          !rule.namespaces?.length,
      )
    );
  });
}
