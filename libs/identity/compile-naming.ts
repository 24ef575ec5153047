import {
  compileExpression,
  literalPrefix,
  mentions,
  type CelType,
  type CelVariables,
  type CompiledExpression,
} from '#cel';
import type { IssuerInput, NameMapping } from './issuer-input.ts';

export interface CompiledRule {
  readonly expression: CompiledExpression;
  readonly message: string;
}

/** The expressions of an Issuer, compiled; undefined where a claim does without one. */
export interface CompiledNaming {
  readonly username: CompiledExpression | undefined;
  readonly groups: CompiledExpression | undefined;
  readonly uid: CompiledExpression | undefined;
  readonly extra: readonly { readonly key: string; readonly value: CompiledExpression }[];
  readonly claimRules: readonly CompiledRule[];
  readonly userRules: readonly CompiledRule[];
}

const NAME: readonly CelType[] = ['string'];
const NAMES: readonly CelType[] = ['string', 'list<string>'];

/** @throws Error that names the field and what is wrong with its expression. */
export function compileNaming(input: IssuerInput): CompiledNaming {
  const { claimMappings, claimValidationRules, userValidationRules } = input;
  const compile = (path: string, source: string, variable: CelVariables, types: readonly CelType[]) => {
    const compiled = compileExpression(source, variable, types);
    if (!compiled.ok) throw new Error(`issuer "${input.name}": ${path}: ${compiled.problem}`);
    return compiled.expression;
  };
  const name = (
    path: string,
    mapping: { readonly expression?: string | undefined } | undefined,
    types: readonly CelType[],
  ) =>
    mapping?.expression === undefined
      ? undefined
      : compile(`claimMappings.${path}.expression`, mapping.expression, 'claims', types);

  const naming: CompiledNaming = {
    username: name('username', claimMappings.username, NAME),
    groups: name('groups', claimMappings.groups, NAMES),
    uid: name('uid', claimMappings.uid, NAME),
    extra: (claimMappings.extra ?? []).map(({ key, valueExpression }, at) => ({
      key,
      value: compile(`claimMappings.extra[${at}].valueExpression`, valueExpression, 'claims', NAMES),
    })),
    claimRules: (claimValidationRules ?? []).flatMap((rule, at) =>
      rule.expression === undefined
        ? []
        : [
            {
              expression: compile(`claimValidationRules[${at}].expression`, rule.expression, 'claims', ['bool']),
              message: rule.message ?? `does not fulfil ${rule.expression}`,
            },
          ],
    ),
    userRules: (userValidationRules ?? []).map(({ expression, message }, at) => ({
      expression: compile(`userValidationRules[${at}].expression`, expression, 'user', ['bool']),
      message: message ?? `does not fulfil ${expression}`,
    })),
  };
  checkVerifiedEmail(input.name, naming);
  return naming;
}

/** Kubernetes' rule: an expression that names people by e-mail must have looked at `email_verified` somewhere. */
function checkVerifiedEmail(issuer: string, naming: CompiledNaming): void {
  if (!naming.username || !mentions(naming.username.ast, 'claims', 'email')) return;
  const others = [
    naming.username,
    ...naming.extra.map(({ value }) => value),
    ...naming.claimRules.map((rule) => rule.expression),
  ];
  if (others.some(({ ast }) => mentions(ast, 'claims', 'email_verified'))) return;
  throw new Error(
    `issuer "${issuer}": claimMappings.username.expression: uses claims.email, so claims.email_verified must be used in it, in extra or in a claimValidationRule`,
  );
}

/** What every name of this mapping begins with: its prefix, or the literal that its expression begins with. */
export function prefixOf(
  mapping: NameMapping | undefined,
  expression: CompiledExpression | undefined,
): string | undefined {
  if (mapping === undefined) return undefined;
  if (mapping.claim !== undefined) return mapping.prefix;
  return expression ? literalPrefix(expression.ast) : '';
}
