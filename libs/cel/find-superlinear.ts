import type { ASTNode } from '@marcbachmann/cel-js';
import { childrenOf, isNode } from './read-expression.ts';
import { COMPREHENSIONS } from './subset.ts';

/** These look at a value's name or presence and never through it. */
const CONSTANT_METHODS = new Set(['hasValue', 'value', 'or', 'orValue']);
const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);
const THROUGH = new Set(['in', '+', ...COMPARISONS]);

/**
 * What of an expression could take more than a time in proportion to the claims, or undefined. Somebody with a thousand
 * groups must not cost a million steps: so a loop's body searches, joins and compares its own variable only, of which
 * all together are no larger than what is looped over; and `map`, by which a value grows with each loop, is left out.
 */
export function findSuperlinear(ast: ASTNode): string | undefined {
  return visit(ast, undefined);
}

/** @param own what the innermost loop is about; undefined outside of loops. */
function visit(node: ASTNode, own: ReadonlySet<string> | undefined): string | undefined {
  const { op, args } = node as { op: string; args: unknown };
  if (op === 'rcall') {
    const [name, of, given] = args as [string, ASTNode, ASTNode[]];
    if (name === 'map') return 'the method map is not supported in a condition; exists and all do without it';
    if (COMPREHENSIONS.has(name)) {
      const outer = own && isForeign(of, own) ? inLoop(`${name} over`) : visit(of, own);
      return outer ?? visit(given.at(-1) as ASTNode, new Set(variablesOf(given)));
    }
    if (own && !CONSTANT_METHODS.has(name) && isForeign(node, own)) return inLoop(name);
  }
  if (own && THROUGH.has(op)) {
    const foreign = (args as ASTNode[]).filter((side) => isForeign(side, own)).length;
    // Comparing stops with the shorter one.
    if (foreign > (COMPARISONS.has(op) ? 1 : 0)) return inLoop(op);
  }
  if (own && op === 'call' && (args as [string])[0] !== 'has' && isForeign(node, own))
    return inLoop(String((args as [string])[0]));
  for (const child of childrenOf(node)) {
    const found = visit(child, own);
    if (found !== undefined) return found;
  }
  return undefined;
}

const inLoop = (what: string): string =>
  `inside a loop ${what} may be about the loop’s own variable only, so that an evaluation takes no longer than the claims are long`;

/** Whether it speaks of anything but these names and literals. */
function isForeign(node: ASTNode, own: ReadonlySet<string>): boolean {
  const { op, args } = node as { op: string; args: unknown };
  if (op === 'id') return !own.has(args as string);
  if (op === 'rcall' && COMPREHENSIONS.has((args as [string])[0])) {
    const [, of, given] = args as [string, ASTNode, ASTNode[]];
    return isForeign(of, own) || isForeign(given.at(-1) as ASTNode, new Set([...own, ...variablesOf(given)]));
  }
  return childrenOf(node).some((child) => isNode(child) && isForeign(child, own));
}

/** What a comprehension calls the elements; the last argument is its body. */
const variablesOf = (given: readonly ASTNode[]): string[] =>
  given.slice(0, -1).map((variable) => (variable as { args: unknown }).args as string);
