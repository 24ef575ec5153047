import type { Subject } from '#policy';
import { API_VERSION, type ResourceObject } from '#resources';
import { nameRule } from '../name-rule.ts';
import { compareWithOld, type Comparison } from './compare-with-old.ts';
import { readOldFilter, type Expression, type OldFilter } from './old-filter.ts';
import type { ProxyFlags } from './proxy-flags.ts';
import { readConfiguration } from './read-configuration.ts';
import { METHODS } from './sample-requests.ts';
import { toPattern, type Pattern } from './to-pattern.ts';
import { warnOfOpenThings } from './warn-of-open-things.ts';

export interface ImportProxyOptions {
  readonly subject: Subject;
  readonly clusters: readonly string[];
  /** Of the rules; they get `-rejected` behind it for the Deny. */
  readonly name: string;
}

export type ImportedProxy =
  | {
      readonly ok: true;
      readonly objects: readonly ResourceObject[];
      /** Lines of gatehouse.yaml that stand for the other flags. */
      readonly configuration: Readonly<Record<string, unknown>>;
      readonly warnings: readonly string[];
      readonly comparison: Comparison;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Of one entry of a rule. */
const MAX_REGEXES = 16;

/**
 * Turns the flags of `kubectl proxy` into AccessRules that give the people of `subject` the same or less, and says of
 * each thing that the flags left open what became of it. The result is compared with the old filter, by a sample of
 * every kind of request.
 */
export function importKubectlProxy(flags: ProxyFlags, options: ImportProxyOptions): ImportedProxy {
  const read = readOldFilter(flags);
  if (!read.ok) return read;
  const { filter } = read;
  const warnings = warnOfOpenThings(flags, filter, options.subject);
  const methods = METHODS.filter(
    (method) => flags.disableFilter || !filter.rejectMethods.some((expression) => expression.found(method)),
  );
  const accepted = acceptedPatterns(flags, filter, warnings);
  if (methods.length === 0 || accepted.length === 0)
    return {
      ok: false,
      problems: [
        `these flags let nothing through: there is no rule to make${warnings.map((line) => `; ${line}`).join('')}`,
      ],
    };
  const rejected = flags.disableFilter ? [] : filter.rejectPaths.map(({ text }) => toPattern(text));
  const objects = [
    accessRule(options, options.name, 'Allow', methods.length === METHODS.length ? ['*'] : methods, accepted),
    ...(rejected.length > 0
      ? [accessRule(options, nameRule(`${options.name}-rejected`), 'Deny', ['*'], rejected)]
      : []),
  ];
  return {
    ok: true,
    objects,
    configuration: readConfiguration(flags, filter, warnings),
    warnings,
    comparison: compareWithOld(flags, filter, objects),
  };
}

function acceptedPatterns(flags: ProxyFlags, filter: OldFilter, warnings: string[]): Pattern[] {
  const prefix = flags.apiPrefix.endsWith('/') ? flags.apiPrefix : `${flags.apiPrefix}/`;
  const patterns = flags.disableFilter
    ? [{ path: '/**' }]
    : filter.acceptPaths.map(({ text }: Expression) => toPattern(text));
  // Only below /api does the prefix narrow what is served; others are taken off before the path is looked at.
  if (!prefix.startsWith('/api')) return patterns;
  return patterns.flatMap((pattern) => {
    const path = 'path' in pattern ? pattern.path : undefined;
    if (path === '/**') return [{ path: `${prefix}**` }];
    const text = path ?? ('regex' in pattern ? pattern.regex : '');
    if (text.startsWith(prefix)) return [pattern];
    warnings.push(
      `--accept-paths ${JSON.stringify(text)} goes beyond --api-prefix ${flags.apiPrefix}; it is left out, write what of it is meant`,
    );
    return [];
  });
}

function accessRule(
  { subject, clusters }: ImportProxyOptions,
  name: string,
  effect: 'Allow' | 'Deny',
  methods: readonly string[],
  patterns: readonly Pattern[],
): ResourceObject {
  const paths = [...new Set(patterns.flatMap((pattern) => ('path' in pattern ? [pattern.path] : [])))];
  const regexes = [...new Set(patterns.flatMap((pattern) => ('regex' in pattern ? [pattern.regex] : [])))];
  const rules: object[] = paths.length > 0 ? [{ methods, paths }] : [];
  for (let at = 0; at < regexes.length; at += MAX_REGEXES)
    rules.push({ methods, pathRegexes: regexes.slice(at, at + MAX_REGEXES) });
  return {
    apiVersion: API_VERSION,
    kind: 'AccessRule',
    metadata: { name },
    spec: { subjects: [subject], clusters, ...(effect === 'Deny' ? { effect } : {}), rules },
  };
}
