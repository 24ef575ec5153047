import { toAuditEvent, type AuditFilter } from '#audit';
import { GatehouseError } from '#errors';
import type { AuditRecord, RequestInfo } from '#model';
import type { OwnApiAnswer } from '#pipeline';
import type { OwnApiPorts } from './ports.ts';
import { isOfKubernetes, isWithoutEffect, unserved } from './read-parameters.ts';
import { API_GROUP, API_VERSION } from './resource-names.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
const TEXT_FILTERS = ['user', 'issuer', 'verb', 'namespace', 'resource', 'cluster', 'decision', 'continue'] as const;

/**
 * The audit log, newest first. Query: `user issuer verb namespace resource cluster decision since until limit
 * continue`; times are RFC 3339. An unknown or malformed filter is refused: a filter that is silently ignored would
 * show an auditor another log than the one asked for.
 */
export async function serveAuditEvents(info: RequestInfo, ports: OwnApiPorts): Promise<OwnApiAnswer> {
  await ports.flushAudit();
  if (info.verb === 'get') {
    const record = await ports.audit.get(info.name);
    if (!record) throw new GatehouseError('notFound', `there is no audit event "${info.name}"`);
    return json(asObject(record));
  }
  if (info.verb !== 'list') throw new GatehouseError('badMethod', `auditevents can be read only, not ${info.verb}`);
  const page = await ports.audit.list(readFilter(info.target));
  return json({
    kind: 'AuditEventList',
    apiVersion: `${API_GROUP}/${API_VERSION}`,
    metadata: page.continue ? { continue: page.continue } : {},
    items: page.items.map(asObject),
  });
}

/** An Event with a name and a kind of this API's group, which is what kubectl needs to list it. */
function asObject(record: AuditRecord): object {
  const metadata = {
    name: record.auditId,
    creationTimestamp: new Date(record.receivedAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
  return { ...toAuditEvent(record), apiVersion: `${API_GROUP}/${API_VERSION}`, kind: 'AuditEvent', metadata };
}

function readFilter(target: string): AuditFilter {
  const filter: Record<string, string | number> & { limit: number } = { limit: DEFAULT_LIMIT };
  const query = new URLSearchParams(target.split('?')[1] ?? '');
  for (const [key, value] of query) {
    if (value === '' || isWithoutEffect(key)) continue;
    if ((TEXT_FILTERS as readonly string[]).includes(key)) filter[key] = value;
    else if (key === 'since' || key === 'until') filter[key] = readTime(key, value);
    else if (key === 'limit') filter.limit = readLimit(value);
    else if (isOfKubernetes(key)) throw unserved(key);
    else
      throw new GatehouseError(
        'invalid',
        `"${key}" is no filter of auditevents; there are ${[...TEXT_FILTERS, 'since', 'until', 'limit'].join(', ')}`,
      );
  }
  return filter as unknown as AuditFilter;
}

function readTime(key: string, value: string): number {
  const time = /^\d{4}-\d{2}-\d{2}T/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time))
    throw new GatehouseError('invalid', `${key} must be a time as in RFC 3339, like 2026-01-31T12:00:00Z`);
  return time;
}

function readLimit(value: string): number {
  const limit = Number(value);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new GatehouseError('invalid', `limit must be a whole number from 1 to ${MAX_LIMIT}`);
  return limit;
}

const json = (value: unknown): OwnApiAnswer => ({
  statusCode: 200,
  contentType: 'application/json',
  body: JSON.stringify(value),
});
