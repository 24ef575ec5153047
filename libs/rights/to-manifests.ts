import type { PolicyRule, RbacObject, RbacSubject, Rights } from './rbac-objects.ts';

export const OWNER_LABEL = 'gatehouse.dev/rbac';

/** The roles and bindings that give a subject these rights, all of one name and found again by their label. */
export function toManifests(rights: Rights, subject: RbacSubject, name: string): RbacObject[] {
  const roles = [
    ...(rights.everywhere.length > 0 ? [roleAndBinding(rights.everywhere, subject, name)] : []),
    ...[...rights.inNamespaces].map(([namespace, rules]) => roleAndBinding(rules, subject, name, namespace)),
  ];
  return roles.flat();
}

function roleAndBinding(
  rules: readonly PolicyRule[],
  subject: RbacSubject,
  name: string,
  namespace?: string,
): RbacObject[] {
  const prefix = namespace === undefined ? 'Cluster' : '';
  const object = (kind: 'Role' | 'RoleBinding') => ({
    apiVersion: 'rbac.authorization.k8s.io/v1' as const,
    kind: `${prefix}${kind}` as RbacObject['kind'],
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { 'app.kubernetes.io/managed-by': 'gatehouse', [OWNER_LABEL]: name },
    },
  });
  return [
    { ...object('Role'), rules },
    {
      ...object('RoleBinding'),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: `${prefix}Role`, name },
      subjects: [subject],
    },
  ];
}
