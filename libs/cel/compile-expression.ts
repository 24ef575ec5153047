import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import serialize from '@marcbachmann/cel-js/serialize';
import { findUnsupported, useLinearMatches } from './subset.ts';
import { matchesLinear } from './matches-linear.ts';

export type CelType = 'bool' | 'string' | 'list<string>';
/** What an expression may speak of: the token's claims, or the person that they made. */
export type CelVariables = 'claims' | 'user';

export type Evaluated =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

export interface CompiledExpression {
  /** Evaluates; a missing key, a wrong type or a result of another type is a problem, never a throw. */
  evaluate(variable: object): Evaluated;
  readonly ast: ASTNode;
}

export type ExpressionResult =
  | { readonly ok: true; readonly expression: CompiledExpression }
  | { readonly ok: false; readonly problem: string };

const MAX_LENGTH = 4096;
const OPTIONS = {
  unlistedVariablesAreDyn: false,
  enableOptionalTypes: true,
  limits: { maxAstNodes: 500, maxDepth: 40, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 8 },
};

const ENVIRONMENTS: Readonly<Record<CelVariables, Environment>> = {
  claims: environment().registerVariable('claims', 'map<string, dyn>'),
  user: environment().registerVariable({
    name: 'user',
    schema: { username: 'string', uid: 'string', groups: 'list<string>', extra: 'map<string, list<string>>' },
  }),
};

function environment(): Environment {
  return new Environment(OPTIONS).registerFunction('string.matchesLinear(string): bool', matchesLinear);
}

/**
 * Compiles an expression over `claims` or `user` that gives one of `types`. `dyn`, which is what a claim has, is let
 * through and held to `types` when it is evaluated, as Kubernetes does.
 *
 * @example compileExpression("claims.realm_access.roles.map(r, 'kc:' + r)", 'claims', ['string', 'list<string>'])
 */
export function compileExpression(source: string, variable: CelVariables, types: readonly CelType[]): ExpressionResult {
  if (source.trim() === '') return problem('must not be empty');
  if (source.length > MAX_LENGTH) return problem(`must not be longer than ${MAX_LENGTH} characters`);
  const env = ENVIRONMENTS[variable];
  try {
    const { ast } = env.parse(source);
    const unsupported = findUnsupported(ast, variable);
    if (unsupported) return problem(unsupported);
    const linear = serialize(useLinearMatches(ast));
    const checked = env.check(linear);
    if (!checked.valid) return problem(firstLine(checked.error));
    const given = String(checked.type);
    if (!mayGive(given, types)) return problem(`must give ${types.join(' or ')}, not ${given}`);
    const run = env.parse(linear);
    return {
      ok: true,
      expression: {
        ast,
        evaluate(value) {
          try {
            const result: unknown = run({ [variable]: value });
            return isOneOf(result, types)
              ? { ok: true, value: result }
              : { ok: false, problem: `gives something other than ${types.join(' or ')}` };
          } catch (error) {
            return { ok: false, problem: firstLine(error) };
          }
        },
      },
    };
  } catch (error) {
    return problem(firstLine(error));
  }
}

const problem = (text: string): ExpressionResult => ({ ok: false, problem: text });

/** The library quotes the source below its message. */
const firstLine = (error: unknown): string => String((error as Error).message).split('\n')[0] as string;

function mayGive(given: string, types: readonly CelType[]): boolean {
  if (given.startsWith('dyn') || given === 'optional<dyn>') return true;
  if (types.includes('list<string>') && (given === 'list' || given === 'list<dyn>' || given === 'null')) return true;
  return (types as readonly string[]).includes(given);
}

/** `null` stands for an absent list of groups, as in Kubernetes. */
function isOneOf(value: unknown, types: readonly CelType[]): boolean {
  if (typeof value === 'boolean') return types.includes('bool');
  if (typeof value === 'string') return types.includes('string');
  if (value === null) return types.includes('list<string>');
  return types.includes('list<string>') && Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
