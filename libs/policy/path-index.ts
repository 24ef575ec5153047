import { GatehouseError } from '#errors';
import { readPathPattern } from '#kube';
import type { Rule } from './access-rule.ts';
import { appendRank, getOrAdd, type FoundRules } from './found-rules.ts';

type Methods = Map<string, number[]>;

interface Node {
  readonly literal: Map<string, Node>;
  anySegment: Node | undefined;
  /** Patterns that end here. */
  readonly end: Methods;
  /** Patterns that go on with `**`. */
  readonly rest: Methods;
}

const newNode = (): Node => ({ literal: new Map(), anySegment: undefined, end: new Map(), rest: new Map() });

/**
 * Raw path rules of one subject, effect and mode, as one tree. All patterns are walked together, segment by segment,
 * so matching is linear in the path and needs no regular expression.
 */
export class PathIndex {
  readonly #root = newNode();

  /** @throws GatehouseError `invalid` for a malformed pattern. */
  add(rank: number, rule: Rule): void {
    for (const path of rule.paths ?? []) {
      const pattern = readPathPattern(path);
      if (typeof pattern === 'string')
        throw new GatehouseError('invalid', `path pattern ${JSON.stringify(path)} ${pattern}`);
      let node = this.#root;
      for (const segment of pattern.segments) {
        node = segment === undefined ? (node.anySegment ??= newNode()) : getOrAdd(node.literal, segment, newNode);
      }
      const methods = pattern.rest ? node.rest : node.end;
      for (const method of rule.methods ?? []) {
        appendRank(
          getOrAdd(methods, method, () => []),
          rank,
        );
        // A HEAD is a GET without the body; the API server authorises both as get.
        if (method === 'GET')
          appendRank(
            getOrAdd(methods, 'HEAD', () => []),
            rank,
          );
      }
    }
  }

  /** @param literalAt index of the segment that must be spelled literally, or -1. */
  find(segments: readonly string[], method: string, literalAt: number, found: FoundRules): void {
    let nodes: Node[] = [this.#root];
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i] as string;
      const next: Node[] = [];
      for (const node of nodes) {
        if (i > literalAt) visit(node.rest, method, found);
        const literal = node.literal.get(segment);
        if (literal !== undefined) next.push(literal);
        if (node.anySegment !== undefined && segment !== '' && i !== literalAt) next.push(node.anySegment);
      }
      nodes = next;
      if (nodes.length === 0) return;
    }
    for (const node of nodes) visit(node.end, method, found);
  }
}

function visit(methods: Methods, method: string, found: FoundRules): void {
  if (methods.size === 0) return;
  found.add(methods.get(method));
  found.add(methods.get('*'));
}
