import type { Rule, Subject } from '#policy';
import { API_VERSION, type ResourceObject } from '#resources';
import { convertRule } from './convert-rule.ts';
import { convertSubject, type SubjectNames } from './convert-subject.ts';
import { GatheredWarnings } from './gather-warnings.ts';
import { nameRule } from '../name-rule.ts';
import type { RbacBinding, RbacRole, RbacRule } from './rbac-objects.ts';
import { resolveRole, rulesOf } from './resolve-role.ts';

export interface ImportRbacOptions extends SubjectNames {
  readonly clusters: readonly string[];
  /** Who gets the roles that nothing in the input binds. Absent: nobody, with a warning. */
  readonly unbound?: Subject | undefined;
  /** Of Roles and RoleBindings that name none, as for `kubectl apply -n`. */
  readonly namespace?: string | undefined;
}

export interface ImportedRbac {
  /** One AccessRule a binding, in the order of the input. */
  readonly objects: readonly ResourceObject[];
  /** What was left out or taken otherwise than it stood. */
  readonly warnings: readonly string[];
}

/** Key of an annotation that says what an AccessRule was made of. */
const MADE_OF = 'gatehouse.dev/imported-from';

/**
 * Turns RBAC into AccessRules that give the same people the same or less: never more than the API server gives by the
 * same roles. What cannot be carried over is in `warnings`.
 */
export function importRbac(
  input: { readonly roles: readonly RbacRole[]; readonly bindings: readonly RbacBinding[] },
  options: ImportRbacOptions,
): ImportedRbac {
  const warnings = new GatheredWarnings();
  const roles = input.roles.map((role) => inNamespace(role, options));
  const objects: ResourceObject[] = [];
  const add = (of: Origin, subjects: readonly Subject[], given: readonly RbacRule[], about: string): void => {
    const rules = given.flatMap((rule) => convertRule(rule, of.namespace, (message) => warnings.add(about, message)));
    if (subjects.length === 0) return;
    if (rules.length === 0) return warnings.add(titleOf(of), 'gives nothing that could be carried over');
    objects.push(accessRule(of, subjects, distinct(rules), options));
  };

  for (const binding of input.bindings.map((entry) => inNamespace(entry, options))) {
    const of = originOf(binding, binding.roleRef);
    if (binding.kind === 'RoleBinding' && of.namespace === undefined) {
      warnings.add(titleOf(of), 'is left out: it names no namespace (give --namespace)');
      continue;
    }
    const subjects = (binding.subjects ?? []).flatMap(
      (subject) => convertSubject(subject, options, (message) => warnings.add(titleOf(of), message)) ?? [],
    );
    // A role that only parts of the cluster have is nobody's concern here.
    if (subjects.length === 0) continue;
    const { rules, warning } = resolveRole(binding, roles);
    if (warning !== undefined) warnings.add(titleOf(of), warning);
    if (rules !== undefined)
      add(of, distinct(subjects), rules, `${binding.roleRef.kind} ${JSON.stringify(binding.roleRef.name)}`);
  }
  for (const role of roles.filter((entry) => !isBound(entry, input.bindings, options))) {
    const of = originOf(role, undefined);
    if (isKubernetesOwn(role)) {
      warnings.add(titleOf(of), 'is Kubernetes’ own and bound to nobody in the input; left out');
    } else if (options.unbound === undefined) {
      warnings.add(titleOf(of), 'is bound to nobody in the input; left out (give --for-group or --for-user)');
    } else if (role.kind === 'Role' && of.namespace === undefined) {
      warnings.add(titleOf(of), 'is left out: it names no namespace (give --namespace)');
    } else {
      const { rules, warning } = rulesOf(role, roles);
      if (warning !== undefined) warnings.add(titleOf(of), warning);
      add(of, [options.unbound], rules ?? [], titleOf(of));
    }
  }
  return { objects, warnings: warnings.list() };
}

interface Origin {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly role: { readonly kind: string; readonly name: string } | undefined;
}

function originOf({ kind, metadata }: RbacRole | RbacBinding, role: Origin['role']): Origin {
  const isNamespaced = kind === 'Role' || kind === 'RoleBinding';
  return { kind, namespace: isNamespaced ? metadata.namespace || undefined : undefined, name: metadata.name, role };
}

const titleOf = ({ kind, namespace, name }: Origin): string =>
  `${kind} ${JSON.stringify(namespace === undefined ? name : `${namespace}/${name}`)}`;

function accessRule(
  of: Origin,
  subjects: readonly Subject[],
  rules: readonly Rule[],
  options: ImportRbacOptions,
): ResourceObject {
  const origin =
    of.role === undefined ? titleOf(of) : `${titleOf(of)} of ${of.role.kind} ${JSON.stringify(of.role.name)}`;
  return {
    apiVersion: API_VERSION,
    kind: 'AccessRule',
    metadata: {
      name: nameRule(of.kind.toLowerCase(), ...(of.namespace === undefined ? [] : [of.namespace]), of.name),
      annotations: { [MADE_OF]: origin },
    },
    spec: { subjects, clusters: options.clusters, rules },
  };
}

function inNamespace<T extends RbacRole | RbacBinding>(object: T, { namespace }: ImportRbacOptions): T {
  const isNamespaced = object.kind === 'Role' || object.kind === 'RoleBinding';
  if (!isNamespaced || object.metadata.namespace || namespace === undefined) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** Of a whole cluster's RBAC most roles are such; nobody means them by `--for-group`. */
const isKubernetesOwn = ({ metadata }: RbacRole): boolean =>
  metadata.name.startsWith('system:') || metadata.labels?.['kubernetes.io/bootstrapping'] === 'rbac-defaults';

function isBound(role: RbacRole, bindings: readonly RbacBinding[], options: ImportRbacOptions): boolean {
  return bindings.some((binding) => {
    const { roleRef, metadata } = inNamespace(binding, options);
    return (
      roleRef.kind === role.kind &&
      roleRef.name === role.metadata.name &&
      (role.kind === 'ClusterRole' || (metadata.namespace ?? '') === (role.metadata.namespace ?? ''))
    );
  });
}

function distinct<T>(list: readonly T[]): T[] {
  const byText = new Map(list.map((entry) => [JSON.stringify(entry), entry]));
  return [...byText.values()];
}
