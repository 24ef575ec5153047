/**
 * Rewrites compiled modules so that each function in them can be made to throw. Every function, method, accessor and
 * arrow begins with a call of `globalThis.faultPoint(<number>)`; where a body begins with a `try`, the call is inside it,
 * because that `try` is the function's own boundary. So no callback can be forgotten: a new one is found by being there.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { findSourceMap, SourceMap } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseSync } from '@swc/core';

/** A function that can be made to throw. */
export interface InstrumentedFunction {
  readonly id: number;
  /** Of the source file, from the root of the checkout. */
  readonly file: string;
  readonly line: number;
  /** From the outermost to the innermost: `Exchange.write > once(drain)`. */
  readonly name: string;
}

export interface Instrumented {
  readonly functions: readonly InstrumentedFunction[];
  /** By the URL of the module. */
  readonly sources: Readonly<Record<string, string>>;
}

interface Node {
  readonly type: string;
  readonly span: { readonly start: number; readonly end: number };
  readonly [key: string]: unknown;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
  'GetterProperty',
  'SetterProperty',
]);

/**
 * @param paths files or folders below `root`, compiled.
 * @throws where a module cannot be parsed, or the parser's offsets are not what is expected here.
 */
export function instrument(root: string, paths: readonly string[]): Instrumented {
  const functions: InstrumentedFunction[] = [];
  const sources: Record<string, string> = {};
  for (const file of paths.flatMap((path) => modulesBelow(join(root, path)))) {
    const bytes = readFileSync(file);
    const insertions: Insertion[] = [];
    const visitor = new Visitor(bytes, relative(root, file), functions, insertions);
    // An offset of the parser counts bytes, from 1.
    visitor.visit(parseSync(bytes.toString(), { syntax: 'ecmascript', target: 'es2024' }) as unknown as Node, []);
    sources[pathToFileURL(file).href] = insert(bytes, insertions);
  }
  return { functions, sources };
}

function modulesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true })
    .map((name) => join(path, String(name)))
    .filter((name) => name.endsWith('.js'))
    .toSorted();
}

class Visitor {
  readonly #bytes: Buffer;
  readonly #file: string;
  readonly #map: SourceMap | undefined;
  readonly #functions: InstrumentedFunction[];
  readonly #insertions: Insertion[];

  constructor(bytes: Buffer, file: string, functions: InstrumentedFunction[], insertions: Insertion[]) {
    this.#bytes = bytes;
    this.#file = file;
    this.#functions = functions;
    this.#insertions = insertions;
    this.#map = sourceMapOf(file);
  }

  /** @param names of what is around it. */
  visit(value: unknown, names: readonly string[], hint?: string): void {
    if (Array.isArray(value)) {
      for (const each of value) this.visit(each, names, hint);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    // An argument, and the function of a method, are objects without a type.
    const node: Node = { ...(value as Node), type: (value as Partial<Node>).type ?? '' };
    if (node.type === 'ParenthesisExpression' || ('spread' in node && 'expression' in node))
      return this.visit(node.expression, names, hint);
    const name = nameOf(node) ?? hint;
    const isFunction = FUNCTIONS.has(node.type);
    const inner = name !== undefined && (isFunction || node.type.startsWith('Class')) ? [...names, name] : names;
    if (isFunction) this.#add(node, name === undefined ? [...names, '(anonymous)'] : inner);
    for (const [key, child] of Object.entries(node)) {
      if (key === 'span' || typeof child !== 'object') continue;
      this.visit(child, isFunction && name === undefined ? [...names, '(anonymous)'] : inner, hintFor(node, key, hint));
    }
  }

  #add(node: Node, names: readonly string[]): void {
    const body = ((node.function as Node | undefined)?.body ?? node.body) as Node | null;
    if (!body) return;
    const id = this.#functions.length;
    const name = names.join(' > ').replaceAll(' > .', '.');
    this.#functions.push({ id, name, ...this.#sourceOf(node.span.start - 1) });
    const call = `globalThis.faultPoint(${id})`;
    const start = body.span.start - 1;
    const statements = body.stmts as Node[] | undefined;
    if (!statements) {
      this.#insertions.push({ at: start, text: `(${call}, ` }, { at: body.span.end - 1, text: ')' });
      return;
    }
    const first = statements[0];
    const block = first?.type === 'TryStatement' ? (first.block as Node).span.start - 1 : start;
    if (this.#bytes[block] !== 0x7b)
      throw new Error(`${this.#file}: the body of ${name} does not begin where it should`);
    this.#insertions.push({ at: block + 1, text: ` ${call};` });
  }

  #sourceOf(offset: number): { file: string; line: number } {
    const before = this.#bytes.toString('utf8', 0, offset);
    const line = before.split('\n').length - 1;
    const found = this.#map?.findEntry(line, before.length - before.lastIndexOf('\n') - 1);
    const file = this.#file.replace(/^dist\//, '').replace(/[.]js$/, '.ts');
    return found && 'originalLine' in found ? { file, line: found.originalLine + 1 } : { file, line: line + 1 };
  }
}

function sourceMapOf(file: string): SourceMap | undefined {
  try {
    return findSourceMap(file) ?? new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
  } catch {
    return undefined;
  }
}

/** The name that a function has of its own; undefined where only its surroundings name it. */
function nameOf(node: Node): string | undefined {
  const identifier = (node.identifier ?? undefined) as Node | undefined;
  if (identifier) return String(identifier.value);
  if (node.type === 'Constructor') return '.constructor';
  const key = node.key as Node | undefined;
  if (!key || !FUNCTIONS.has(node.type)) return undefined;
  const kind = node.kind === 'getter' || node.type === 'GetterProperty' ? 'get ' : node.kind === 'setter' ? 'set ' : '';
  return `${node.type.endsWith('Method') && node.type !== 'MethodProperty' ? '.' : ''}${kind}${keyText(key)}`;
}

const keyText = (key: Node): string =>
  key.type === 'PrivateName' ? `#${String(key.value)}` : key.type === 'Computed' ? '[computed]' : String(key.value);

/** The name of a function that stands in this child of `node`: a variable's, a property's, a listener's. */
function hintFor(node: Node, key: string, hint: string | undefined): string | undefined {
  if (node.type === 'VariableDeclarator' && key === 'init') return String((node.id as Node).value);
  if ((node.type === 'KeyValueProperty' || node.type.endsWith('Property')) && key === 'value' && node.key)
    return keyText(node.key as Node);
  if (node.type === 'CallExpression' && key === 'arguments') {
    const callee = node.callee as Node;
    const called = (callee.property as Node | undefined)?.value ?? callee.value ?? 'call';
    const [first] = node.arguments as { expression: Node }[];
    const event = first?.expression.type === 'StringLiteral' ? String(first.expression.value) : '';
    // `within(owner, () => …)` is its caller's listener.
    return called === 'within' && hint !== undefined ? hint : `${String(called)}(${event})`;
  }
  if (node.type === 'NewExpression' && key === 'arguments') return `new ${String((node.callee as Node).value)}`;
  if (FUNCTIONS.has(node.type) || node.type.endsWith('Statement')) return undefined;
  return hint;
}

function insert(bytes: Buffer, insertions: readonly Insertion[]): string {
  const parts: Buffer[] = [];
  let at = 0;
  const inOrder = insertions
    .map((insertion, order) => ({ ...insertion, order }))
    .toSorted((one, other) => one.at - other.at || one.order - other.order);
  for (const { at: next, text } of inOrder) {
    parts.push(bytes.subarray(at, next), Buffer.from(text));
    at = next;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts).toString();
}
