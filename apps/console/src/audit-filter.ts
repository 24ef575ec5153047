import { fromLocalInput } from './show-time.ts';

export const FILTERS = ['user', 'verb', 'namespace', 'decision', 'since', 'until'] as const;
/** Times are RFC 3339, so that a shared link means the same in another zone. */
export type AuditFilter = Partial<Record<(typeof FILTERS)[number], string>>;

/** The filter that a URL's query holds; what it does not know is left out. */
export function readFilter(search: string): AuditFilter {
  const query = new URLSearchParams(search);
  const filter: AuditFilter = {};
  for (const key of FILTERS) {
    const value = query.get(key)?.trim();
    if (value) filter[key] = value;
  }
  return filter;
}

/** The filter that the form holds, whose times are local ones. */
export function readForm(form: FormData): AuditFilter {
  const query = new URLSearchParams();
  for (const key of FILTERS) {
    const value = String(form.get(key) ?? '');
    query.set(key, key === 'since' || key === 'until' ? fromLocalInput(value) : value);
  }
  return readFilter(query.toString());
}

/** A filter as query, `?…` or ''. */
export function writeFilter(filter: AuditFilter): string {
  const query = new URLSearchParams();
  for (const key of FILTERS) {
    const value = filter[key]?.trim();
    if (value) query.set(key, value);
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/**
 * A filter as the API takes it. What is malformed is sent all the same and refused there: a filter that is dropped in
 * silence would show another log than the one asked for.
 */
export function toApiQuery(filter: AuditFilter, limit: number, next?: string): string {
  const query = new URLSearchParams(writeFilter(filter));
  query.set('limit', String(limit));
  if (next) query.set('continue', next);
  return `?${query.toString()}`;
}
