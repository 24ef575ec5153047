import { stringify } from 'yaml';
import { toAuditEvent } from '#audit';
import type { AuditRecord } from '#model';
import { table } from './terminal.ts';

export type OutputFormat = 'table' | 'json' | 'yaml';

/** Lines to show records with. A reader's terminal never obeys what stood in a request. */
export function printRecords(records: readonly AuditRecord[], output: OutputFormat): string[] {
  if (output === 'table') return printTable(records);
  const list = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: records.map(toAuditEvent) };
  // Double quotes throughout, so that an escape is one wherever it stands.
  const text =
    output === 'json'
      ? JSON.stringify(list, undefined, 2)
      : stringify(list, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 }).trimEnd();
  return [escapeInvisible(text)];
}

/** Both formats know \uXXXX. Line feeds here are the format's own. */
function escapeInvisible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    if (character === '\n') return character;
    return [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join('');
  });
}

function printTable(records: readonly AuditRecord[]): string[] {
  const rows = records.map((record) => [
    new Date(record.receivedAtMs).toISOString(),
    record.username,
    record.verb,
    targetOf(record),
    record.cluster,
    record.decision,
    record.statusCode === 0 ? '' : String(record.statusCode),
    record.rule,
    record.auditId,
  ]);
  return table([['TIME', 'USER', 'VERB', 'WHAT', 'CLUSTER', 'DECISION', 'CODE', 'RULE', 'AUDIT ID'], ...rows]);
}

function targetOf({ resource, subresource, namespace, name, requestUri }: AuditRecord): string {
  if (!resource) return requestUri;
  return `${namespace ? `${namespace}/` : ''}${resource}${name ? `/${name}` : ''}${subresource ? `/${subresource}` : ''}`;
}
