import { GatehouseError } from '#errors';
import { meetsGlob, readPathPattern, type PathPart } from '#kube';
import type { Rule } from './access-rule.ts';
import { addMethods, visitMethods, type Methods } from './methods.ts';
import { getOrAdd, type FoundRules } from './found-rules.ts';

interface Node {
  readonly literal: Map<string, Node>;
  any: Node | undefined;
  readonly globs: Map<string, { readonly pieces: readonly string[]; readonly next: Node }>;
  /** Behind a `**` that is not the last part; takes any segment and stays. */
  deep: Node | undefined;
  readonly isDeep: boolean;
  /** Patterns that end here. */
  readonly end: Methods;
  /** Patterns that end in `**` from here on. */
  readonly rest: Methods;
}

const newNode = (isDeep = false): Node => ({
  literal: new Map(),
  any: undefined,
  globs: new Map(),
  deep: undefined,
  isDeep,
  end: new Map(),
  rest: new Map(),
});

/** With `**` patterns live as long as the path; no path that anybody needs has so many segments. */
const MAX_SEGMENTS = 256;

/**
 * Raw path rules of one subject, effect and mode, as one tree. All patterns are walked together, segment by segment, so
 * that matching is linear in the path and needs no regular expression.
 */
export class PathIndex {
  readonly #root = newNode();
  /** Every rule here; what a Deny holds against a path of more segments than are looked at. */
  readonly #all: Methods = new Map();

  /** @throws GatehouseError `invalid` for a malformed pattern. */
  add(rank: number, rule: Rule): void {
    for (const path of rule.paths ?? []) {
      const parts = readPathPattern(path);
      if (typeof parts === 'string')
        throw new GatehouseError('invalid', `path pattern ${JSON.stringify(path)} ${parts}`);
      const endsDeep = parts.at(-1)?.kind === 'deep';
      let node = this.#root;
      for (const part of endsDeep ? parts.slice(0, -1) : parts) node = nextNode(node, part);
      addMethods(endsDeep ? node.rest : node.end, rule.methods, rank);
      addMethods(this.#all, rule.methods, rank);
    }
  }

  /** @param literalAt index of the segment that must be spelled literally, or -1. */
  findAllow(segments: readonly string[], method: string, literalAt: number, found: FoundRules): void {
    if (segments.length <= MAX_SEGMENTS) this.#walk(segments, method, literalAt, found);
  }

  findDeny(segments: readonly string[], method: string, found: FoundRules): void {
    if (segments.length <= MAX_SEGMENTS) this.#walk(segments, method, -1, found);
    else visitMethods(this.#all, method, found);
  }

  #walk(segments: readonly string[], method: string, literalAt: number, found: FoundRules): void {
    let nodes = new Set<Node>();
    enter(this.#root, nodes);
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i] as string;
      const next = new Set<Node>();
      for (const node of nodes) {
        if (i > literalAt) visitMethods(node.rest, method, found);
        enter(node.literal.get(segment), next);
        if (i === literalAt) continue;
        if (segment !== '') {
          enter(node.any, next);
          for (const { pieces, next: behind } of node.globs.values())
            if (meetsGlob(pieces, segment)) enter(behind, next);
        }
        if (node.isDeep) enter(node, next);
      }
      nodes = next;
      if (nodes.size === 0) return;
    }
    for (const node of nodes) visitMethods(node.end, method, found);
  }
}

function nextNode(node: Node, part: PathPart): Node {
  switch (part.kind) {
    case 'literal':
      return getOrAdd(node.literal, part.text, newNode);
    case 'any':
      return (node.any ??= newNode());
    case 'glob':
      return getOrAdd(node.globs, part.pieces.join('*'), () => ({ pieces: part.pieces, next: newNode() })).next;
    case 'deep':
      return (node.deep ??= newNode(true));
  }
}

/** A `**` may stand for nothing: whoever is before it is also behind it. */
function enter(node: Node | undefined, nodes: Set<Node>): void {
  for (let at = node; at !== undefined && !nodes.has(at); at = at.deep) nodes.add(at);
}
