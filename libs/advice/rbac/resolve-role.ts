import { DEFAULT_CLUSTER_ROLES } from './default-cluster-roles.ts';
import type { RbacBinding, RbacRole, RbacRule, RbacSelector } from './rbac-objects.ts';

export interface ResolvedRole {
  /** Undefined where the role is unknown: the binding then gives nothing that could be carried over. */
  readonly rules: readonly RbacRule[] | undefined;
  readonly warning: string | undefined;
}

/** Finds what a binding's role gives, in the input or, for the four roles that every cluster has, from Kubernetes 1.36. */
export function resolveRole({ roleRef, metadata }: RbacBinding, roles: readonly RbacRole[]): ResolvedRole {
  const { kind, name } = roleRef;
  const found = roles.find(
    (role) =>
      role.kind === kind &&
      role.metadata.name === name &&
      (kind === 'ClusterRole' || (role.metadata.namespace ?? '') === (metadata.namespace ?? '')),
  );
  if (found !== undefined) return rulesOf(found, roles);
  const known = kind === 'ClusterRole' ? DEFAULT_CLUSTER_ROLES.get(name) : undefined;
  const called = `${kind} ${JSON.stringify(name)}`;
  if (known !== undefined)
    return {
      rules: known,
      warning: `${called} is not in the input; taken as Kubernetes 1.36 has it (add \`kubectl get clusterrole ${name} -o yaml\` for the cluster’s own)`,
    };
  return { rules: undefined, warning: `${called} is not in the input; the binding is left out` };
}

/**
 * The API server fills `rules` of an aggregated ClusterRole, so that what `kubectl get` prints is whole; a manifest as
 * people write it has none yet, and is filled here from the other ClusterRoles of the input.
 */
export function rulesOf(
  role: RbacRole,
  roles: readonly RbacRole[],
  seen: ReadonlySet<RbacRole> = new Set(),
): ResolvedRole {
  const selectors = role.aggregationRule?.clusterRoleSelectors ?? [];
  const own = role.rules ?? [];
  if (own.length > 0 || selectors.length === 0) return { rules: own, warning: undefined };
  const passed = new Set([...seen, role]);
  const parts = roles.filter(
    (other) =>
      !passed.has(other) &&
      other.kind === 'ClusterRole' &&
      selectors.some((selector) => selects(selector, other.metadata.labels ?? {})),
  );
  const called = `ClusterRole ${JSON.stringify(role.metadata.name)}`;
  return {
    rules: parts.flatMap((part) => rulesOf(part, roles, passed).rules ?? []),
    warning:
      parts.length === 0
        ? `${called} is aggregated from roles that are not in the input; it gives nothing here`
        : `${called} is aggregated; only ${parts.map(({ metadata }) => JSON.stringify(metadata.name)).join(', ')} of the input went into it`,
  };
}

/** metav1.LabelSelector: all terms must hold; an empty one selects everything. */
function selects(selector: RbacSelector, labels: Readonly<Record<string, string>>): boolean {
  const has = (key: string): boolean => Object.hasOwn(labels, key);
  const exact = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => has(key) && labels[key] === value);
  return (
    exact &&
    (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
      const among = has(key) && (values ?? []).includes(labels[key] as string);
      if (operator === 'In') return among;
      if (operator === 'NotIn') return !among;
      return operator === 'Exists' ? has(key) : !has(key);
    })
  );
}
