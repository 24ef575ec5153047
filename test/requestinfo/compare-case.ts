import type { ParsedRequest } from '#kube';
import type { RequestInfo } from '#model';
import type { Case, Tuple } from './oracle.ts';

export type Parse = (method: string, target: string) => ParsedRequest;

/** What was seen, for the counts that are printed. */
export interface Tally {
  cases: number;
  accepted: number;
  /** By the reason that the Go program gives. */
  readonly refused: Map<string, number>;
  /** Accepted ones by verb. */
  readonly verbs: Map<string, number>;
}

export const emptyTally = (): Tally => ({ cases: 0, accepted: 0, refused: new Map(), verbs: new Map() });

const count = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);

/**
 * Holds the parser to one case: the same tuple to the byte, or a refusal, and a refusal exactly where the Go program
 * says that the pair is outside the strict subset.
 * @returns what is wrong, undefined where nothing is.
 */
export function compareCase(expected: Case, parse: Parse, tally: Tally): string | undefined {
  const { method, target, outside, refused, tuple } = expected;
  const wrong = (what: string): string => `${JSON.stringify([method, target])}: ${what}`;
  tally.cases++;
  let parsed: ParsedRequest;
  try {
    parsed = parse(method, target);
  } catch (error) {
    return wrong(`the parser threw ${String(error)}`);
  }
  if (!parsed.ok) {
    count(tally.refused, outside);
    return outside === '' ? wrong(`refused as ${parsed.code}, but it is in the strict subset`) : undefined;
  }
  tally.accepted++;
  count(tally.verbs, parsed.request.verb);
  if (outside !== '') return wrong(`accepted, but it is outside the strict subset: ${outside}`);
  if (refused !== '' || tuple === undefined) return wrong(`accepted, but the API server refuses it: ${refused}`);
  const problem = differenceOf(parsed.request, tuple);
  if (problem !== undefined) return wrong(problem);
  if (parsed.request.target !== target) return wrong('the target that would be sent is another one');
  return parsed.request.rawPath === target.split('?', 1)[0]
    ? undefined
    : wrong('the raw path is not that of the target');
}

function differenceOf(request: RequestInfo, tuple: Tuple): string | undefined {
  const { isResource, verb, group, version, namespace, resource, subresource, name, path, longRunning } = request;
  const ours = [isResource, verb, group, version, namespace, resource, subresource, name, path, longRunning];
  const at = ours.findIndex((value, i) => (typeof value === 'string' ? bytesOf(value) : value) !== tuple[i]);
  return at < 0
    ? undefined
    : `${FIELDS[at]} is ${JSON.stringify(ours[at])}, the API server has ${JSON.stringify(tuple)}`;
}

const FIELDS = [
  'isResource',
  'verb',
  'group',
  'version',
  'namespace',
  'resource',
  'subresource',
  'name',
  'path',
  'longRunning',
];

/** The bytes that a text of RequestInfo stands for, one character a byte: UTF-8, but U+DC80 to U+DCFF are bytes alone. */
export function bytesOf(text: string): string {
  let bytes = '';
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (code < 0x80) bytes += char;
    else if (code >= 0xdc80 && code <= 0xdcff) bytes += String.fromCharCode(code & 0xff);
    else bytes += Buffer.from(char, 'utf8').toString('latin1');
  }
  return bytes;
}

/** Lines for people: how many of what. */
export function describeTally({ cases, accepted, refused, verbs }: Tally): string[] {
  const list = (map: Map<string, number>): string =>
    [...map]
      .sort((a, b) => b[1] - a[1])
      .map(([name, n]) => `${name || 'none'} ${n}`)
      .join(', ');
  return [
    `${cases} requests: ${accepted} accepted, ${cases - accepted} refused`,
    `  accepted by verb: ${list(verbs)}`,
    ...(refused.size > 0 ? [`  refused because of: ${list(refused)}`] : []),
  ];
}
