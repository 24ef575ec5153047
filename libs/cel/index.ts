/**
 * Common Expression Language, as far as configuration may use it: what a claim means is the provider's affair, and no
 * list of options covers Keycloak's nested roles and another's comma-joined groups. Kubernetes takes the same language
 * in its AuthenticationConfiguration. An expression is parsed, typed and held against the supported subset when it is
 * saved; whatever happens while it is evaluated is an answer, never a throw.
 */
export { compileCondition } from './compile-condition.ts';
export { compileExpression } from './compile-expression.ts';
export type { CelType, CelVariables, CompiledExpression, ExpressionResult } from './compile-expression.ts';
export { literalPrefix, mentions, mentionsVariable } from './read-expression.ts';
