import type { ASTNode } from '@marcbachmann/cel-js';

export const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'op' in value && 'args' in value;

/** The nodes directly below one, in order, however its operator holds them. */
export function childrenOf(node: ASTNode): ASTNode[] {
  const found: ASTNode[] = [];
  const collect = (value: unknown): void => {
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) value.forEach(collect);
  };
  collect((node as { args: unknown }).args);
  return found;
}

/** Whether the expression reads `<variable>.<field>` (also by `[…]`, `.?` and `has`). */
export function mentions(node: ASTNode, variable: string, field: string): boolean {
  const { op, args } = node as { op: string; args: unknown };
  if (op === '.' || op === '.?' || op === '[]' || op === '[?]') {
    const [of, key] = args as [ASTNode, unknown];
    const name = isNode(key) ? (key as { args: unknown }).args : key;
    if (
      (of as { op: string; args: unknown }).op === 'id' &&
      (of as { args: unknown }).args === variable &&
      name === field
    )
      return true;
  }
  return childrenOf(node).some((child) => mentions(child, variable, field));
}

/** Whether the expression speaks of the variable at all. */
export function mentionsVariable(node: ASTNode, variable: string): boolean {
  const { op, args } = node as { op: string; args: unknown };
  return op === 'id' ? args === variable : childrenOf(node).some((child) => mentionsVariable(child, variable));
}

/** The literal text that every result begins with: of `'kc:' + claims.sub` it is `kc:`; '' where that cannot be seen. */
export function literalPrefix(node: ASTNode): string {
  const { op, args } = node as { op: string; args: unknown };
  if (op === 'value') return typeof args === 'string' ? args : '';
  if (op === '+') return literalPrefix((args as ASTNode[])[0] as ASTNode);
  // groups: every element of `….map(g, 'kc:' + g)`
  if (op === 'rcall' && (args as unknown[])[0] === 'map') {
    const given = (args as [string, ASTNode, ASTNode[]])[2];
    return literalPrefix(given.at(-1) as ASTNode);
  }
  if (op === '?:') {
    const [, yes, no] = args as ASTNode[];
    const [a, b] = [literalPrefix(yes as ASTNode), literalPrefix(no as ASTNode)];
    return a === b ? a : '';
  }
  return '';
}
