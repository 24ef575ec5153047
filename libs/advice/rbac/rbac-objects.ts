import { z } from 'zod';

const words = z.array(z.string()).nullish();

const policyRule = z.object({
  verbs: words,
  apiGroups: words,
  resources: words,
  resourceNames: words,
  nonResourceURLs: words,
});

const metadata = z.object({
  name: z.string().min(1),
  namespace: z.string().nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
});

const selector = z.object({
  matchLabels: z.record(z.string(), z.string()).nullish(),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']), values: words }))
    .nullish(),
});

export const roleSchema = z.object({
  kind: z.enum(['Role', 'ClusterRole']),
  metadata,
  rules: z.array(policyRule).nullish(),
  aggregationRule: z.object({ clusterRoleSelectors: z.array(selector).nullish() }).nullish(),
});

export const bindingSchema = z.object({
  kind: z.enum(['RoleBinding', 'ClusterRoleBinding']),
  metadata,
  roleRef: z.object({ kind: z.enum(['Role', 'ClusterRole']), name: z.string().min(1) }),
  subjects: z
    .array(
      z.object({
        kind: z.enum(['User', 'Group', 'ServiceAccount']),
        name: z.string().min(1),
        namespace: z.string().nullish(),
      }),
    )
    .nullish(),
});

/** `rbac.authorization.k8s.io/v1`, as far as it decides who may do what; what else an object has is passed over. */
export type RbacRole = z.output<typeof roleSchema>;
export type RbacBinding = z.output<typeof bindingSchema>;
export type RbacSubject = NonNullable<RbacBinding['subjects']>[number];
export type RbacRule = z.output<typeof policyRule>;
export type RbacSelector = z.output<typeof selector>;
