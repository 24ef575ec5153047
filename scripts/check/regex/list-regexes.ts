/** Finds the regular expressions of a source file: literals, and calls of `RegExp` whose arguments are constant. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from '@swc/core';

export interface FoundRegex {
  readonly line: number;
  /** undefined: built at run time, of what is not constant. */
  readonly source: string | undefined;
  readonly flags: string;
  /** As it is written. */
  readonly text: string;
}

interface Node {
  readonly type: string;
  readonly span?: { readonly start: number; readonly end: number };
  readonly [key: string]: unknown;
}

interface ParsedFile {
  readonly path: string;
  readonly bytes: Buffer;
  readonly body: readonly Node[];
  readonly start: number;
  /** By name: the initial value of each `const` of the module's top level. */
  readonly constants: ReadonlyMap<string, Node>;
  /** By local name: the file and the name there. */
  readonly imported: ReadonlyMap<string, { readonly file: string; readonly name: string }>;
}

/** Methods of a string that make a regular expression of a string. */
const MAKE_REGEX = new Set(['match', 'matchAll', 'search']);

/** @param path relative to `root` */
export function listRegexes(root: string, path: string): FoundRegex[] {
  const file = parseFile(root, path);
  const found: FoundRegex[] = [];
  walk(file.body, (node) => {
    const regex = regexOf(root, file, node);
    if (regex === undefined || node.span === undefined) return;
    const [from, to] = [node.span.start - file.start, node.span.end - file.start];
    // The first line is the one that `parseFile` adds.
    const line = file.bytes.subarray(0, from).toString().split('\n').length - 1;
    found.push({ line, ...regex, text: file.bytes.subarray(from, to).toString() });
  });
  return found;
}

function regexOf(root: string, file: ParsedFile, node: Node): Pick<FoundRegex, 'source' | 'flags'> | undefined {
  if (node.type === 'RegExpLiteral') return { source: node.pattern as string, flags: node.flags as string };
  if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return undefined;
  const [pattern, flags] = ((node.arguments ?? []) as { expression: Node }[]).map(({ expression }) => expression);
  const callee = node.callee as Node;
  if (isRegExp(callee)) {
    if (pattern?.type === 'RegExpLiteral') return undefined; // found by itself
    const constantFlags = flags ? constantOf(root, file, flags) : '';
    const source = pattern && constantFlags !== undefined ? constantOf(root, file, pattern) : undefined;
    return { source, flags: constantFlags ?? '' };
  }
  if (callee.type !== 'MemberExpression' || !MAKE_REGEX.has((callee.property as Node).value as string))
    return undefined;
  const source = pattern && constantOf(root, file, pattern);
  return source === undefined ? undefined : { source, flags: '' };
}

function isRegExp(callee: Node): boolean {
  if (callee.type === 'Identifier') return callee.value === 'RegExp';
  return callee.type === 'MemberExpression' && (callee.property as Node).value === 'RegExp';
}

/** The text that an expression always has, or undefined. */
function constantOf(root: string, file: ParsedFile, node: Node): string | undefined {
  const inside = (part: unknown): string | undefined => constantOf(root, file, part as Node);
  switch (node.type) {
    case 'StringLiteral':
      return node.value as string;
    case 'ParenthesisExpression':
    case 'TsConstAssertion':
    case 'TsAsExpression':
      return inside(node.expression);
    case 'TemplateLiteral':
      return joinTemplate(node.quasis as Node[], 'cooked', (node.expressions as Node[]).map(inside));
    case 'TaggedTemplateExpression': {
      const { template, tag } = node as unknown as { template: Node; tag: Node };
      if (tag.type !== 'MemberExpression' || (tag.property as Node).value !== 'raw') return undefined;
      return joinTemplate(template.quasis as Node[], 'raw', (template.expressions as Node[]).map(inside));
    }
    case 'BinaryExpression': {
      const [left, right] = [inside(node.left), inside(node.right)];
      return node.operator === '+' && left !== undefined && right !== undefined ? left + right : undefined;
    }
    case 'MemberExpression': {
      // `X.source` of a regular expression X
      const of = node.object as Node;
      const regex = of.type === 'Identifier' ? valueOf(root, file, of.value as string) : undefined;
      if ((node.property as Node).value !== 'source' || regex?.node.type !== 'RegExpLiteral') return undefined;
      return regex.node.pattern as string;
    }
    case 'Identifier': {
      const value = valueOf(root, file, node.value as string);
      return value && constantOf(root, value.file, value.node);
    }
    default:
      return undefined;
  }
}

/** A `const` of this module, or of the module that this one imports it from. */
function valueOf(root: string, file: ParsedFile, name: string): { file: ParsedFile; node: Node } | undefined {
  const node = file.constants.get(name);
  if (node) return { file, node };
  const from = file.imported.get(name);
  return from && valueOf(root, parseFile(root, from.file), from.name);
}

function joinTemplate(
  quasis: readonly Node[],
  form: 'raw' | 'cooked',
  values: (string | undefined)[],
): string | undefined {
  if (values.includes(undefined)) return undefined;
  return quasis.map((quasi, index) => `${quasi[form] as string}${values[index] ?? ''}`).join('');
}

function walk(node: unknown, visit: (node: Node) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node) && typeof (node as Node).type === 'string') visit(node as Node);
  for (const child of Object.values(node)) walk(child, visit);
}

function parseFile(root: string, path: string): ParsedFile {
  // The statement in front has a known place, which the parser counts from; `#!` is valid in the first line only.
  const text = `0;\n${readFileSync(join(root, path), 'utf8').replace(/^#!/, '//')}`;
  const module = parseSync(text, {
    syntax: 'typescript',
    tsx: path.endsWith('.tsx'),
    decorators: true,
    target: 'es2022',
  });
  const body = module.body as unknown as Node[];
  const constants = new Map<string, Node>();
  const imported = new Map<string, { file: string; name: string }>();
  for (const item of body) {
    const statement = item.type === 'ExportDeclaration' ? (item.declaration as Node) : item;
    if (statement.type === 'VariableDeclaration' && statement.kind === 'const')
      for (const { id, init } of statement.declarations as { id: Node; init: Node | null }[])
        if (id.type === 'Identifier' && init) constants.set(id.value as string, init);
    const from = statement.type === 'ImportDeclaration' ? ((statement.source as Node).value as string) : '';
    if (!from.startsWith('.')) continue;
    for (const { local, imported: there } of statement.specifiers as { local: Node; imported?: Node | null }[])
      imported.set(local.value as string, {
        file: join(dirname(path), from),
        name: (there ?? local).value as string,
      });
  }
  return { path, bytes: Buffer.from(text), body, start: body[0]?.span?.start ?? 0, constants, imported };
}
