import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document } from 'yaml';

export interface YamlDocument {
  /** Line of the text where the document begins; the first is 1. */
  readonly line: number;
  readonly value: unknown;
}

export interface ReadYaml {
  /** Empty documents are left out. */
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/** A manifest of ten thousand rules has some 3 MiB. */
const MAX_CHARACTERS = 16 * 1024 * 1024;

/**
 * Reads YAML 1.2 (core schema: `no` is text). Aliases are refused: ten of them can unfold into gigabytes. So are doubled keys and unknown tags, of which another reader would make something else.
 * Messages name places, never values.
 */
export function readYaml(text: string): ReadYaml {
  if (text.length > MAX_CHARACTERS)
    return { documents: [], problems: [{ line: 1, message: `is longer than ${MAX_CHARACTERS} characters` }] };
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    // The library compares each key of a map with every other: of 80,000 that takes minutes.
    uniqueKeys: false,
    // It writes warnings to standard error else.
    logLevel: 'error',
    lineCounter: lines,
    prettyErrors: false,
  });
  const documents: YamlDocument[] = [];
  const problems: { line: number; message: string }[] = [];
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const line = lineAt(startOf(document));
    const faults = [...document.errors, ...document.warnings];
    const doubled = findDoubledKeys(document);
    for (const fault of faults) problems.push({ line: lineAt(fault.pos[0]), message: messageOf(fault.code) });
    for (const offset of doubled) problems.push({ line: lineAt(offset), message: 'a key stands twice' });
    if (faults.length + doubled.length > 0) continue;
    try {
      const value: unknown = document.toJS({ maxAliasCount: 0 });
      if (value !== null && value !== undefined) documents.push({ line, value });
    } catch {
      problems.push({ line, message: 'anchors and aliases are not accepted; write the value out' });
    }
  }
  return { documents, problems };
}

const startOf = (document: Document.Parsed): number => document.contents?.range?.[0] ?? document.range[0];

/** Where they stand. Without recursion: the text may be nested as deeply as it likes. */
function findDoubledKeys(document: Document.Parsed): number[] {
  const found: number[] = [];
  const open: unknown[] = [document.contents];
  while (open.length > 0) {
    const node = open.pop();
    if (isSeq(node)) for (const item of node.items) open.push(item);
    if (!isMap(node)) continue;
    const keys = new Set<unknown>();
    for (const { key, value } of node.items) {
      open.push(key, value);
      if (!isScalar(key)) continue;
      if (keys.has(key.value)) found.push(key.range?.[0] ?? 0);
      keys.add(key.value);
    }
  }
  return found;
}

/** The library's own messages may quote the text, which may be a secret. */
const messageOf = (code: string): string => `is not valid YAML (${code.toLowerCase().replaceAll('_', ' ')})`;
