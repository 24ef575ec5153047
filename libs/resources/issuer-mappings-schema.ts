import { z } from 'zod';
import { compileExpression, literalPrefix, type CelType, type CelVariables } from '#cel';
import { reservedByPrefix } from '#kube';
import { checked, evenWithFaults, plainText, prefix } from './fields.ts';

/** A CEL expression of the supported subset that gives one of `types`. */
const expression = (variable: CelVariables, types: readonly CelType[]) =>
  checked((source) => {
    const compiled = compileExpression(source, variable, types);
    return compiled.ok ? undefined : compiled.problem;
  });
const ONE: readonly CelType[] = ['string'];
const MANY: readonly CelType[] = ['string', 'list<string>'];

/** Why names that begin so cannot be an Issuer's, or undefined. */
function reservedProblem(beginning: string): string | undefined {
  const reserved = reservedByPrefix(beginning);
  return reserved === undefined
    ? undefined
    : `must not begin names with "${reserved}", nor with a part of it that a claim could complete: such names belong to ${reserved === 'system:' ? 'Kubernetes' : 'the service identities of the gateway'}`;
}

/** `claim` with its `prefix`, or `expression`: one of the two, as in Kubernetes. */
const names = (types: readonly CelType[]) =>
  z
    .strictObject({
      claim: plainText(256).optional(),
      /** Required beside `claim`, as in Kubernetes: `""` says that names are meant to stand alone. */
      prefix: prefix.optional(),
      expression: expression('claims', types).optional(),
    })
    .superRefine((mapping, context) => {
      const add = (message: string, path: string[] = []): void => context.addIssue({ code: 'custom', path, message });
      const beginning = beginningOf(mapping, types);
      const reserved = reservedProblem(beginning);
      // `prefix` itself says so of "system:".
      const isSaid = mapping.expression === undefined && beginning.startsWith('system:');
      if (reserved !== undefined && !isSaid)
        add(reserved, [mapping.expression === undefined ? 'prefix' : 'expression']);
      if ((mapping.claim === undefined) === (mapping.expression === undefined))
        add('must have exactly one of claim and expression');
      else if (mapping.claim !== undefined && mapping.prefix === undefined)
        add('is required beside claim; "" says that names stand alone', ['prefix']);
      else if (mapping.expression !== undefined && mapping.prefix !== undefined)
        add("goes with claim only; begin the expression with it: 'prefix:' + …", ['prefix']);
    }, evenWithFaults);

/** What every name of the mapping begins with, as far as the configuration says. */
function beginningOf(mapping: { prefix?: unknown; expression?: unknown }, types: readonly CelType[]): string {
  if (typeof mapping.expression !== 'string') return typeof mapping.prefix === 'string' ? mapping.prefix : '';
  const compiled = compileExpression(mapping.expression, 'claims', types);
  return compiled.ok ? literalPrefix(compiled.expression.ast) : '';
}

const uid = z
  .strictObject({ claim: plainText(256).optional(), expression: expression('claims', ONE).optional() })
  .refine((mapping) => (mapping.claim === undefined) !== (mapping.expression === undefined), {
    message: 'must have exactly one of claim and expression',
    ...evenWithFaults,
  });

/** Kubernetes wants a domain-prefixed, lower-case path, and keeps its own domains to itself. */
const extraKey = checked((key) => {
  const domain = key.split('/')[0] as string;
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/[a-z0-9!$&'()*+,;=:@._~-]+$/.test(key) || key.length > 256)
    return 'must be a domain and a path in lower case, like example.com/team';
  return /(^|\.)(kubernetes|k8s)\.io$/.test(domain)
    ? 'must not be in kubernetes.io or k8s.io, which are reserved'
    : undefined;
});

export const claimMappingsSchema = z.strictObject({
  username: names(ONE),
  groups: names(MANY).optional(),
  uid: uid.optional(),
  extra: z
    .array(z.strictObject({ key: extraKey, valueExpression: expression('claims', MANY) }))
    .max(64)
    .refine((list) => new Set(list.map(({ key }) => key)).size === list.length, 'must not name a key twice')
    .optional(),
});

export const claimValidationRule = z
  .strictObject({
    claim: plainText(256).optional(),
    requiredValue: z.string().optional(),
    expression: expression('claims', ['bool']).optional(),
    message: plainText().optional(),
  })
  .superRefine((rule, context) => {
    const add = (message: string, path: string[] = []): void => context.addIssue({ code: 'custom', path, message });
    if ((rule.claim === undefined) === (rule.expression === undefined))
      add('must have exactly one of claim and expression');
    else if (rule.expression !== undefined && rule.requiredValue !== undefined)
      add('goes with claim only', ['requiredValue']);
    else if (rule.claim !== undefined && rule.requiredValue === undefined)
      add('is required beside claim', ['requiredValue']);
    else if (rule.claim !== undefined && rule.message !== undefined) add('goes with expression only', ['message']);
  }, evenWithFaults);

export const userValidationRule = z.strictObject({
  expression: expression('user', ['bool']),
  message: plainText().optional(),
});
