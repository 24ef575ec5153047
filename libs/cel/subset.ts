import type { ASTNode } from '@marcbachmann/cel-js';
import { childrenOf, isNode } from './read-expression.ts';
import { findPatternProblem } from './matches-linear.ts';

/** Global functions, methods and macros that may be used. Listed in docs/issuers.md; anything else is refused. */
export const SUPPORTED_FUNCTIONS = ['has', 'size', 'string', 'int', 'double', 'bool', 'dyn'] as const;
export const SUPPORTED_METHODS = [
  'all',
  'exists',
  'exists_one',
  'map',
  'filter',
  'size',
  'startsWith',
  'endsWith',
  'contains',
  'matches',
  'lowerAscii',
  'upperAscii',
  'trim',
  'split',
  'join',
  'substring',
  'indexOf',
  'lastIndexOf',
  'hasValue',
  'value',
  'or',
  'orValue',
] as const;
export const COMPREHENSIONS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
/** A claim of sixteen kilobytes holds some thousand groups: two loops over it are a moment, three are minutes. */
const MAX_NESTED_LOOPS = 2;

/** What of an expression lies outside the supported subset, or undefined. */
export function findUnsupported(ast: ASTNode, variable: string): string | undefined {
  return visit(ast, 0);

  function visit(node: ASTNode, loops: number): string | undefined {
    const { op, args } = node as { op: string; args: unknown };
    if (op === 'call') {
      const [name] = args as [string];
      if (!(SUPPORTED_FUNCTIONS as readonly string[]).includes(name))
        return `the function ${name} is not supported over ${variable}`;
    }
    let inner = loops;
    if (op === 'rcall') {
      const [name, , given] = args as [string, ASTNode, ASTNode[]];
      if (!(SUPPORTED_METHODS as readonly string[]).includes(name)) return `the method ${name} is not supported`;
      if (COMPREHENSIONS.has(name) && ++inner > MAX_NESTED_LOOPS)
        return `loops (${[...COMPREHENSIONS].join(', ')}) may be nested ${MAX_NESTED_LOOPS} deep`;
      if (name === 'matches') {
        const [pattern] = given as unknown as { op: string; args: unknown }[];
        if (pattern?.op !== 'value' || typeof pattern.args !== 'string')
          return 'the pattern of matches must be written out, not computed';
        const wrong = findPatternProblem(pattern.args);
        if (wrong) return wrong;
      }
    }
    for (const child of childrenOf(node)) {
      const found = visit(child, inner);
      if (found) return found;
    }
    return undefined;
  }
}

/** The same tree with `matches` spelt as the linear one; the library's own cannot be replaced. */
export function useLinearMatches(node: ASTNode): ASTNode {
  const { op, args } = node as { op: string; args: unknown };
  const copy = (value: unknown): unknown =>
    isNode(value) ? useLinearMatches(value) : Array.isArray(value) ? value.map(copy) : value;
  const copied = Array.isArray(args) ? args.map(copy) : copy(args);
  if (op === 'rcall' && Array.isArray(copied) && copied[0] === 'matches') copied[0] = 'matchesLinear';
  return { op, args: copied } as unknown as ASTNode;
}
