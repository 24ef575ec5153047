import { z } from 'zod';
import { ORIGINAL_USER_KEY } from '#kube';
import {
  checked,
  clusterReferences,
  evenWithFaults,
  GATEWAY_CLUSTER,
  isSubdomain,
  listOf,
  mappingSubjects,
  ownNamespaceName,
  plainText,
  prefix,
} from './fields.ts';

const SOURCES = ['claim', 'from', 'value'] as const;

type From = 'username' | 'uid' | 'groups';

const sourceFields = (from: readonly [From, ...From[]]) => ({
  claim: plainText(256).optional(),
  from: z.enum(from).optional(),
  value: plainText().optional(),
  prefix: prefix.optional(),
});

/** A name from a claim, from the identity as the issuer named it, or literal. Only a literal may begin with `system:`. */
const valueSource = (from: readonly [From, ...From[]]) =>
  z
    .strictObject(sourceFields(from))
    .superRefine((source, context) => checkSource(source, from, context), evenWithFaults);

const one = valueSource(['username', 'uid']);
const GROUPS = ['groups', 'username', 'uid'] as const;
const many = valueSource(GROUPS);

const group = z
  .strictObject({
    ...sourceFields(GROUPS),
    /** As they go upstream, prefix included: whole names, or a prefix and `*`. What it leaves out is not sent. */
    only: z.array(checked(checkFilter)).min(1).max(1000).optional(),
  })
  .superRefine((source, context) => {
    checkSource(source, GROUPS, context);
    const add = (message: string, key: string): void => context.addIssue({ code: 'custom', path: [key], message });
    if (source.value !== undefined && source.only !== undefined) add('does not go with value', 'only');
  }, evenWithFaults);

function checkSource(
  source: Readonly<Partial<Record<(typeof SOURCES)[number] | 'prefix', unknown>>>,
  from: readonly From[],
  context: z.RefinementCtx,
): void {
  const given = SOURCES.filter((key) => source[key] !== undefined);
  if (given.length !== 1)
    context.addIssue({
      code: 'custom',
      message: `must have exactly one of claim, from (${from.join(', ')}) and value`,
    });
  if (source.value !== undefined && source.prefix !== undefined)
    context.addIssue({
      code: 'custom',
      path: ['prefix'],
      message: 'does not go with value; write the whole name there',
    });
}

function checkFilter(value: string): string | undefined {
  if (value === '*') return 'must be a name, or a prefix and "*"; leave `only` out for all groups';
  if (value.startsWith('system:'))
    return 'must not begin with "system:": such names are given only by a literal `value`';
  return value.slice(0, -1).includes('*')
    ? 'may hold "*" only at its end'
    : plainText().safeParse(value).error?.issues[0]?.message;
}

/** RFC 9110 token, lower-case, and `/`, which is sent escaped: Kubernetes' extra keys look like `example.com/name`. */
const extraKey = checked((value) => {
  if (value === ORIGINAL_USER_KEY)
    return 'is the gateway’s own: it says there who acts as somebody else (kubectl --as)';
  return /^[a-z0-9!#$&'*+.^_`|~/-]{1,256}$/.test(value) ? undefined : 'must be a lower-case key like example.com/name';
});

const impersonate = z.strictObject({
  user: one,
  groups: z.array(group).optional(),
  uid: one.optional(),
  extra: z.array(z.strictObject({ key: extraKey, value: many })).optional(),
});

/** Literal names: a claim that could choose the account could choose any account of the cluster. */
const serviceAccount = z.strictObject({
  namespace: ownNamespaceName,
  name: checked((value) =>
    isSubdomain(value) ? undefined : 'must be the name of a ServiceAccount (lower-case letters, digits, "-" and ".")',
  ),
  /** Who the token is for; absent: the API server's own audiences. */
  audiences: z.array(plainText(256)).min(1).max(16).optional(),
  /** Kubernetes gives no less than ten minutes. */
  expirationSeconds: z.int().min(600).max(86_400).optional(),
});

/** As whom people of an issuer act on clusters. */
export const mappingSpecSchema = z
  .strictObject({
    subjects: mappingSubjects,
    clusters: clusterReferences,
    impersonate: impersonate.optional(),
    /** Each person's own upstream token, entered by them or by `gatehouse upstream-token set`. */
    storedToken: z.strictObject({}).optional(),
    /** A short-lived token of this account, which the gateway asks the cluster for (TokenRequest). */
    serviceAccount: serviceAccount.optional(),
    /** More groups than this refuse the request; they are never cut off. */
    maxGroups: z.int().min(1).max(10_000).optional(),
  })
  .superRefine((spec, context) => {
    const add = (message: string, path: string[] = []): void => context.addIssue({ code: 'custom', path, message });
    const ways = [spec.impersonate, spec.storedToken, spec.serviceAccount].filter((way) => way !== undefined);
    if (ways.length !== 1) add('must have exactly one of impersonate, storedToken and serviceAccount');
    if (spec.maxGroups !== undefined && spec.impersonate === undefined)
      add('goes with impersonate only', ['maxGroups']);
    if (listOf(spec.clusters).includes(GATEWAY_CLUSTER))
      add('must not name gatehouse: nobody is mapped there, access rules alone decide', ['clusters']);
  }, evenWithFaults);
