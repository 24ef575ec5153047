import { LineCounter, isMap, isScalar, isSeq, parseDocument, type Node } from 'yaml';

export interface Place {
  /** From 1. */
  readonly line: number;
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
}

/**
 * Where a field like `spec.rules[0].verbs` stands in a YAML text. A field that is not there gives the nearest one above
 * it that is; undefined where there is none.
 */
export function locateField(text: string, field: string): Place | undefined {
  const lines = new LineCounter();
  let node: unknown = parseDocument(text, { lineCounter: lines }).contents;
  let found: Node | undefined;
  for (const step of field.split(/[.[\]]+/).filter((part) => part !== '')) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === step);
      if (!pair) break;
      found = pair.key as Node;
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)];
      if (!item) break;
      found = item as Node;
      node = item;
    } else break;
  }
  if (!found?.range) return undefined;
  const [start, end] = found.range;
  return { line: lines.linePos(start).line, start, end };
}
