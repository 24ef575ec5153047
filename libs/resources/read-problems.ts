import type { z } from 'zod';
import { closestWord } from './closest-word.ts';
import type { Problem } from './resource-object.ts';

type Path = readonly PropertyKey[];

/**
 * Turns zod's issues into problems that say what would be right. Values are never repeated: they may be secrets.
 * @param input what was parsed; tells a missing value from one of the wrong type.
 */
export function readProblems(error: z.ZodError, schema: z.ZodType, input: unknown, at: Path = []): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const path = formatPath([...at, ...issue.path]);
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(schema, issue.path);
      return issue.keys.map((key) => ({
        path: formatPath([...at, ...issue.path, key]),
        message: unknownKey(key, known),
      }));
    }
    return [{ path, message: messageOf(issue, valueAt(input, issue.path)) }];
  });
}

/** `['spec', 'rules', 0, 'a/b']` as `spec.rules[0]["a/b"]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = String(part);
    if (!/^[A-Za-z_][\w-]*$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

export function unknownKey(key: string, known: readonly string[]): string {
  const meant = closestWord(key, known);
  if (meant !== undefined) return `is unknown; did you mean "${meant}"?`;
  return known.length === 0 ? 'is unknown' : `is unknown; known here are ${known.join(', ')}`;
}

type Issue = z.core.$ZodIssue;

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};
const nameOf = (type: string): string => TYPES[type] ?? type;

function messageOf(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return `is required (${nameOf(issue.expected)})`;
      return `must be ${nameOf(issue.expected)}${issue.expected === 'string' && typeof value !== 'object' ? '; put it in quotes' : ''}`;
    case 'invalid_value':
      return expected(issue.values.map(String), value);
    case 'too_small':
      return `must ${issue.origin === 'array' ? `have at least ${issue.minimum} ${issue.minimum === 1 ? 'entry' : 'entries'}` : issue.origin === 'string' ? 'not be empty' : `be at least ${issue.minimum}`}`;
    case 'too_big':
      return `must ${issue.origin === 'array' ? `have at most ${issue.maximum} entries` : issue.origin === 'string' ? `have at most ${issue.maximum} characters` : `be at most ${issue.maximum}`}`;
    default:
      return issue.message;
  }
}

function expected(words: readonly string[], value: unknown): string {
  const meant = typeof value === 'string' ? closestWord(value, words) : undefined;
  const start = value === undefined ? 'is required; ' : meant === undefined ? '' : `did you mean "${meant}"? `;
  return `${start}must be ${words.length > 1 ? 'one of ' : ''}${words.join(', ')}`;
}

function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    input,
  );
}

/** The keys that the schema has at a path. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let here: unknown = schema;
  for (const part of path) {
    const { shape, element } = unwrap(here);
    here = typeof part === 'number' ? element : shape?.[String(part)];
  }
  return Object.keys(unwrap(here).shape ?? {});
}

interface Unwrapped {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
}

/** Through optional, default, prefault and pipe, to what holds keys or entries. */
function unwrap(schema: unknown): Unwrapped {
  let here = schema as { def?: { innerType?: unknown; in?: unknown } } | undefined;
  while (here?.def?.innerType !== undefined || here?.def?.in !== undefined)
    here = (here.def.innerType ?? here.def.in) as typeof here;
  return (here ?? {}) as Unwrapped;
}
