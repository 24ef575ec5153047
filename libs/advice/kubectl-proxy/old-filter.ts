import { readPathRegex, type PathRegex } from '#kube';
import type { ProxyFlags } from './proxy-flags.ts';

/** One of a list of expressions, as kubectl proxy has them: found anywhere in the text. */
export interface Expression {
  readonly text: string;
  /** Whether it is found anywhere. */
  found(text: string): boolean;
}

/** What kubectl proxy does with a request, before anything is sent on. */
export interface OldFilter {
  readonly acceptPaths: readonly Expression[];
  readonly rejectPaths: readonly Expression[];
  readonly acceptHosts: readonly Expression[];
  readonly rejectMethods: readonly Expression[];
  /** `path` decoded, as the client sends it; `host` without the port. */
  accepts(method: string, path: string, host: string): boolean;
}

export type ReadOldFilter =
  | { readonly ok: true; readonly filter: OldFilter }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the flags as kubectl proxy does: split at every comma, and an empty text between commas is found everywhere. */
export function readOldFilter(flags: ProxyFlags): ReadOldFilter {
  const problems: string[] = [];
  const read = (flag: string, list: string): Expression[] =>
    (list === '' ? [] : list.split(',')).flatMap((text) => {
      const regex = findAnywhere(text);
      if (typeof regex !== 'string') return [{ text, found: (where) => regex.matches(where) }];
      problems.push(`--${flag} holds ${JSON.stringify(text)}, which ${regex} (expressions are split at commas)`);
      return [];
    });
  const filter = {
    acceptPaths: read('accept-paths', flags.acceptPaths),
    rejectPaths: read('reject-paths', flags.rejectPaths),
    acceptHosts: read('accept-hosts', flags.acceptHosts),
    rejectMethods: read('reject-methods', flags.rejectMethods),
  };
  if (problems.length > 0) return { ok: false, problems };
  const any = (list: readonly Expression[], text: string): boolean => list.some((expression) => expression.found(text));
  const prefix = flags.apiPrefix.endsWith('/') ? flags.apiPrefix : `${flags.apiPrefix}/`;
  return {
    ok: true,
    filter: {
      ...filter,
      accepts(method, whole, host) {
        if (!whole.startsWith(prefix)) return false;
        // Below /api the prefix is part of the API's own path and stays.
        const path = prefix.startsWith('/api') ? whole : `/${whole.slice(prefix.length)}`;
        if (flags.disableFilter) return true;
        if (any(filter.rejectPaths, path) || any(filter.rejectMethods, method)) return false;
        return any(filter.acceptPaths, path) && any(filter.acceptHosts, host);
      },
    },
  };
}

/** The engine matches whole texts. */
function findAnywhere(text: string): PathRegex | string {
  const alone = readPathRegex(text === '' ? '.*' : text);
  return typeof alone === 'string' ? alone : readPathRegex(text === '' ? '.*' : `.*(?:${text}).*`);
}
