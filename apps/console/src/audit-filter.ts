export const FILTERS = ['user', 'verb', 'namespace', 'decision', 'since', 'until'] as const;
export type AuditFilter = Partial<Record<(typeof FILTERS)[number], string>>;

/** The filter that a URL's query holds; what it does not know is left out. */
export function readFilter(search: string): AuditFilter {
  const query = new URLSearchParams(search);
  const filter: AuditFilter = {};
  for (const key of FILTERS) {
    const value = query.get(key);
    if (value) filter[key] = value;
  }
  return filter;
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

/** A filter as the API wants it: local times of the form become RFC 3339. */
export function toApiQuery(filter: AuditFilter, limit: number, next?: string): string {
  const query = new URLSearchParams(writeFilter(filter));
  for (const key of ['since', 'until']) {
    const value = query.get(key);
    if (!value) continue;
    const time = new Date(value);
    if (Number.isNaN(time.getTime())) query.delete(key);
    else query.set(key, time.toISOString());
  }
  query.set('limit', String(limit));
  if (next) query.set('continue', next);
  return `?${query.toString()}`;
}
