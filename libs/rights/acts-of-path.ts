import { readPathPattern, type PathPart } from '#kube';
import type { Acts } from './acts.ts';
import { RESOURCE_VERBS, URL_VERBS } from './request-verbs.ts';

type Segment = string | undefined;

/** What a method can be as a verb, with a name in the path and without. */
const VERBS: Readonly<Record<string, { named: readonly string[]; unnamed: readonly string[] }>> = {
  GET: { named: ['get'], unnamed: ['list', 'watch'] },
  HEAD: { named: ['get'], unnamed: ['list', 'watch'] },
  POST: { named: ['create'], unnamed: ['create'] },
  PUT: { named: ['update'], unnamed: ['update'] },
  PATCH: { named: ['patch'], unnamed: ['patch'] },
  DELETE: { named: ['delete'], unnamed: ['deletecollection'] },
};

/**
 * The requests that a raw path pattern matches, in RBAC's words. RBAC knows resources where a pattern knows segments,
 * so what the pattern leaves open becomes `*`: wider than the pattern, never narrower.
 */
export function actsOfPath(pattern: string, methods: readonly string[]): Acts[] {
  const parts = readPathPattern(pattern);
  if (typeof parts === 'string') return [];
  // Behind a `**` nothing is where it seems; what follows it makes at least one segment more.
  const deep = parts.findIndex(({ kind }) => kind === 'deep');
  const rest = deep >= 0;
  const segments = parts.slice(0, rest ? deep : undefined).map(decode);
  // OPTIONS, whose verb is empty, reaches a proxy only if the pattern spells `proxy`.
  const spellsProxy = parts.some((part) => part.kind === 'literal' && part.text === 'proxy');
  const options = spellsProxy && covers(methods, 'OPTIONS') ? [''] : [];
  const acts: Acts[] = [];
  if (mayBeUrl(segments, rest))
    acts.push({ rule: { verbs: urlVerbs(methods), nonResourceURLs: [urlOf(segments, rest)] } });
  for (const prefix of ['api', 'apis'] as const) {
    if (segments.length > 0 && segments[0] !== undefined && segments[0] !== prefix) continue;
    const found = resourceActs(segments, rest, prefix === 'api' ? 2 : 3, methods);
    if (found) acts.push({ ...found, rule: { ...found.rule, verbs: [...found.rule.verbs, ...options] } });
  }
  return acts.filter(({ rule }) => rule.verbs.length > 0);
}

function decode(part: PathPart): Segment {
  if (part.kind !== 'literal') return undefined;
  try {
    return decodeURIComponent(part.text);
  } catch {
    return undefined;
  }
}

/** Fewer segments than a resource has, or another beginning. */
function mayBeUrl(segments: readonly Segment[], rest: boolean): boolean {
  const [first] = segments;
  if (first === undefined || (first !== 'api' && first !== 'apis')) return true;
  return segments.length + (rest ? 1 : 0) < (first === 'api' ? 3 : 4);
}

function urlOf(segments: readonly Segment[], rest: boolean): string {
  const open = segments.indexOf(undefined);
  const known = segments.slice(0, open < 0 ? undefined : open);
  const path = `/${known.join('/')}`;
  if (open < 0 && !rest) return path;
  return path === '/' ? '*' : `${path}/*`;
}

const urlVerbs = (methods: readonly string[]): string[] =>
  URL_VERBS.filter((verb) => covers(methods, verb.toUpperCase()));

/** `GET` covers HEAD. */
const covers = (methods: readonly string[], method: string): boolean =>
  methods.includes('*') || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'));

/** @param depth segments before the resource. */
function resourceActs(
  segments: readonly Segment[],
  rest: boolean,
  depth: number,
  methods: readonly string[],
): Acts | undefined {
  if (!rest && segments.length <= depth) return undefined;
  const apiGroups = [depth === 2 ? '' : segments.length > 1 ? (segments[1] ?? '*') : '*'];
  const inside = segments.slice(depth);
  // The API server trims it off.
  if (!rest && inside.at(-1) === '') inside.pop();
  const namespaced = inside[0] === 'namespaces' && (inside.length > 2 || rest) && !OF_NAMESPACE.has(inside[2] ?? '');
  const namespace = namespaced ? inside[1] : undefined;
  const [resource, name, subresource] = namespaced ? inside.slice(2) : inside;
  const count = namespaced ? inside.length - 2 : inside.length;
  // A first segment that is open may be `namespaces`: then nothing behind it is where it seems.
  const open = !namespaced && (inside.length === 0 || inside[0] === undefined);
  const known = !open && resource !== undefined && (!rest || count >= 3) && (count < 3 || subresource !== undefined);
  // What follows an open namespace may be its own `status`, which is the namespace by name.
  const either = open || (count < 2 && (rest || resource === undefined));
  return {
    ...(namespace === undefined ? {} : { namespaces: [namespace] }),
    rule: {
      verbs: verbsOf(methods, either ? 'either' : count < 2 ? 'unnamed' : 'named'),
      apiGroups,
      resources: known ? [count < 3 ? resource : `${resource}/${subresource}`] : ['*'],
      ...(known && name !== undefined && name !== '' ? { resourceNames: [name] } : {}),
    },
  };
}

/** Subresources of the namespace itself: `/namespaces/x/status` is not in a namespace x. */
const OF_NAMESPACE = new Set(['status', 'finalize']);

function verbsOf(methods: readonly string[], which: 'named' | 'unnamed' | 'either'): string[] {
  const verbs = new Set<string>();
  for (const [method, { named, unnamed }] of Object.entries(VERBS)) {
    if (!covers(methods, method)) continue;
    if (which !== 'unnamed') for (const verb of named) verbs.add(verb);
    if (which !== 'named') for (const verb of unnamed) verbs.add(verb);
  }
  return RESOURCE_VERBS.filter((verb) => verbs.has(verb));
}
