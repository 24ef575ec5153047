import { z } from 'zod';
import { compileCondition } from '#cel';

/** The virtual cluster of the gateway's own objects: no Cluster has that name, and no wildcard reaches it. */
export const GATEWAY_CLUSTER = 'gatehouse';

const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
/** C0, DEL and C1 controls; U+2028 and U+2029 would split lines in a log. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Text with a check that answers what would be right, or undefined. Never let it repeat the value of a secret. */
export const checked = (check: (value: string) => string | undefined) =>
  z.string().superRefine((value, context) => {
    const message = check(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const isName = (value: string, pattern: RegExp): boolean => value.length <= 63 && pattern.test(value);

/** DNS-1123 subdomain of at most 63 characters. */
export const objectName = checked((value) =>
  isName(value, SUBDOMAIN)
    ? undefined
    : 'must be lower-case letters, digits, "-" and "." (begin and end with a letter or digit), at most 63 characters',
);
/** DNS-1123 label, since it is a segment of `/clusters/<name>/`. */
export const ownClusterName = checked((value) => {
  if (value === GATEWAY_CLUSTER) return 'is reserved for the gateway’s own objects; choose another name';
  return isName(value, LABEL)
    ? undefined
    : 'must be lower-case letters, digits and "-" (begin and end with a letter or digit), at most 63 characters';
});
export const namespaceName = checked((value) =>
  isName(value, LABEL)
    ? undefined
    : 'must be the name of a namespace (lower-case letters, digits and "-"); leave `namespaces` out for all of them',
);
export const ownNamespaceName = checked((value) =>
  isName(value, LABEL) ? undefined : 'must be the name of a namespace (lower-case letters, digits and "-")',
);
export const isSubdomain = (value: string): boolean => value.length <= 253 && SUBDOMAIN.test(value);

/** Names of people, groups and claims: any text that can stand in one header line and one log line. */
export const plainText = (maxBytes = 1024) =>
  checked((value) => {
    if (value === '') return 'must not be empty';
    if (Buffer.byteLength(value) > maxBytes) return `must not be longer than ${maxBytes} bytes`;
    if (!value.isWellFormed()) return 'must be valid Unicode';
    if (CONTROL.test(value)) return 'must not hold control characters';
    return /^\s|\s$/.test(value) ? 'must not begin or end with a blank' : undefined;
  });

/** May be empty; `system:` is Kubernetes' own and is never made by joining. */
export const prefix = checked((value) => {
  if (value.startsWith('system:'))
    return 'must not begin with "system:": such names are given only by a literal `value`';
  if (CONTROL.test(value) || !value.isWellFormed() || Buffer.byteLength(value) > 256)
    return 'must be at most 256 bytes of text without control characters';
  return /^\s/.test(value) ? 'must not begin with a blank' : undefined;
});

/** Cluster references of rules and mappings: names, or `*` for all but the gateway's own. */
export const clusterReferences = z
  .array(
    checked((value) => {
      if (value === '*') return undefined;
      if (value.includes('*'))
        return '"*" stands alone for every cluster (but gatehouse); parts of a name are not matched';
      return isName(value, LABEL) ? undefined : 'must be the name of a Cluster, or "*" for every cluster but gatehouse';
    }),
  )
  .min(1);

/** `issuer` is required, so that equal names of two issuers are never one person. */
const subject = { issuer: objectName, user: plainText().optional(), group: plainText().optional() };
export const subjects = z.array(z.strictObject(subject)).min(1);

/** Those of a Mapping may also ask for claims. */
export const mappingSubjects = z
  .array(
    z
      .strictObject({
        ...subject,
        /** CEL over `claims`; what is named beside it must hold too. */
        expression: checked((source) => {
          const compiled = compileCondition(source);
          return compiled.ok ? undefined : compiled.problem;
        }).optional(),
      })
      .refine(({ issuer, expression }) => issuer !== GATEWAY_CLUSTER || expression === undefined, {
        path: ['expression'],
        message: 'does not go with the issuer gatehouse: service identities have no claims; name them by user or group',
      }),
  )
  .min(1);

/** For checks between keys: they also run when single keys have faults, so that everything is reported at once. */
export const evenWithFaults = {
  when: ({ value }: { value: unknown }): boolean => typeof value === 'object' && value !== null,
};

/** The list that a value ought to be, for checks that run on faulty values too. */
export const listOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
