import { GatehouseError } from '#errors';
import { meetsGlob, readPathPattern, type PathPart } from '#kube';
import type { Rule } from './access-rule.ts';
import { coveredMethods } from './covered-methods.ts';
import { getOrAdd, type FoundRules } from './found-rules.ts';
import { RankedWords } from './ranked-words.ts';

/** Most nodes have one way on and no end, so everything is made where it is needed. */
interface Node {
  /** The first literal way on; others are in `literal`. */
  text: string | undefined;
  next: Node | undefined;
  literal: Map<string, Node> | undefined;
  any: Node | undefined;
  globs: Map<string, { readonly pieces: readonly string[]; readonly next: Node }> | undefined;
  /** Behind a `**` that is not the last part; takes any segment and stays. */
  deep: Node | undefined;
  readonly isDeep: boolean;
  /** Patterns that end here. */
  end: RankedWords | undefined;
  /** Patterns that end in `**` from here on. */
  rest: RankedWords | undefined;
}

const newNode = (isDeep = false): Node => ({
  text: undefined,
  next: undefined,
  literal: undefined,
  any: undefined,
  globs: undefined,
  deep: undefined,
  isDeep,
  end: undefined,
  rest: undefined,
});

/** With `**` patterns live as long as the path; no path that anybody needs has so many segments. */
const MAX_SEGMENTS = 256;

/**
 * Raw path rules of one subject, effect and mode, as one tree. All patterns are walked together, segment by segment, so
 * that matching is linear in the path and needs no regular expression.
 */
export class PathIndex {
  readonly #root = newNode();
  #hasDeep = false;
  /** Every rule here; what a Deny holds against a path of more segments than are looked at. */
  readonly #all = new RankedWords();

  /** @throws GatehouseError `invalid` for a malformed pattern. */
  add(rank: number, rule: Rule): void {
    for (const path of rule.paths ?? []) {
      const parts = readPathPattern(path);
      if (typeof parts === 'string')
        throw new GatehouseError('invalid', `path pattern ${JSON.stringify(path)} ${parts}`);
      const endsDeep = parts.at(-1)?.kind === 'deep';
      let node = this.#root;
      for (const part of endsDeep ? parts.slice(0, -1) : parts) {
        node = nextNode(node, part);
        this.#hasDeep ||= node.isDeep;
      }
      const methods = coveredMethods(rule.methods);
      (endsDeep ? (node.rest ??= new RankedWords()) : (node.end ??= new RankedWords())).add(methods, rank);
      this.#all.add(methods, rank);
    }
  }

  /** @param literalAt index of the segment that must be spelled literally, or -1. */
  findAllow(segments: readonly string[], method: string, literalAt: number, found: FoundRules): void {
    if (segments.length <= MAX_SEGMENTS) this.#walk(segments, method, literalAt, found);
  }

  findDeny(segments: readonly string[], method: string, found: FoundRules): void {
    if (segments.length <= MAX_SEGMENTS) this.#walk(segments, method, -1, found);
    else this.#all.find(method, found);
  }

  #walk(segments: readonly string[], method: string, literalAt: number, found: FoundRules): void {
    let nodes: Node[] = [];
    enter(this.#root, nodes, undefined);
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i] as string;
      const next: Node[] = [];
      const entered = this.#hasDeep ? new Set<Node>() : undefined;
      for (const node of nodes) {
        if (i > literalAt) node.rest?.find(method, found);
        enter(segment === node.text ? node.next : node.literal?.get(segment), next, entered);
        if (i === literalAt) continue;
        if (segment !== '') {
          enter(node.any, next, entered);
          if (node.globs !== undefined)
            for (const { pieces, next: behind } of node.globs.values())
              if (meetsGlob(pieces, segment)) enter(behind, next, entered);
        }
        if (node.isDeep) enter(node, next, entered);
      }
      nodes = next;
      if (nodes.length === 0) return;
    }
    for (const node of nodes) node.end?.find(method, found);
  }
}

function nextNode(node: Node, part: PathPart): Node {
  switch (part.kind) {
    case 'literal':
      return nextLiteral(node, part.text);
    case 'any':
      return (node.any ??= newNode());
    case 'glob':
      return getOrAdd((node.globs ??= new Map()), part.pieces.join('*'), () => ({
        pieces: part.pieces,
        next: newNode(),
      })).next;
    case 'deep':
      return (node.deep ??= newNode(true));
  }
}

function nextLiteral(node: Node, text: string): Node {
  node.text ??= text;
  if (node.text === text) return (node.next ??= newNode());
  return getOrAdd((node.literal ??= new Map()), text, newNode);
}

/**
 * A `**` may stand for nothing: whoever is before it is also behind it. Only what is behind one can be entered twice in
 * a step, from before it and by staying.
 */
function enter(node: Node | undefined, nodes: Node[], entered: Set<Node> | undefined): void {
  for (let at = node; at !== undefined; at = at.deep) {
    if (at.isDeep && entered !== undefined) {
      if (entered.has(at)) return;
      entered.add(at);
    }
    nodes.push(at);
  }
}
