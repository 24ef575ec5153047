import { compileExpression, type ExpressionResult } from './compile-expression.ts';
import { findSuperlinear } from './find-superlinear.ts';
import { mentions } from './read-expression.ts';

/**
 * Compiles an expression over `claims` that says yes or no to a person. Many of them are asked in a row, about claims
 * that the person may have had a say in: so beside the subset, a condition takes a time in proportion to the claims,
 * and an address that nobody has verified picks nobody.
 *
 * @example compileCondition("'operators' in claims.realm_access.roles")
 */
export function compileCondition(source: string): ExpressionResult {
  const compiled = compileExpression(source, 'claims', ['bool']);
  if (!compiled.ok) return compiled;
  const { ast } = compiled.expression;
  const problem = findSuperlinear(ast) ?? findUnverifiedEmail(ast);
  return problem === undefined ? compiled : { ok: false, problem };
}

/** Kubernetes' rule for user names; here anybody who may write any address at the provider would be let in. */
function findUnverifiedEmail(ast: Parameters<typeof mentions>[0]): string | undefined {
  return mentions(ast, 'claims', 'email') && !mentions(ast, 'claims', 'email_verified')
    ? 'uses claims.email, so it must use claims.email_verified too'
    : undefined;
}
