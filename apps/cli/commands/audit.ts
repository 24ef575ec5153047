import { InvalidArgumentError, Option, type Command } from 'commander';
import { stringify } from 'yaml';
import { toAuditEvent, type AuditFilter } from '#audit';
import type { AuditRecord } from '#model';
import type { Store } from '#store';
import { readConfig, withStore } from '../open-gateway.ts';
import { readMoment } from '../read-moment.ts';
import { table, type Terminal } from '../terminal.ts';

interface ListOptions extends Omit<AuditFilter, 'limit' | 'continue'> {
  readonly limit: number;
  readonly output: 'table' | 'json' | 'yaml';
}

const PAGE = 500;

export function addAudit(program: Command, terminal: Terminal): void {
  const moment = (text: string): number => {
    const ms = readMoment(text, terminal.now());
    if (ms === undefined) throw new InvalidArgumentError('Give a duration like 30m, 12h or 7d (ago), or a time like 2026-01-31T12:00:00Z.');
    return ms;
  };
  const count = (text: string): number => {
    if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1 on.');
    return Number(text);
  };
  const audit = program.command('audit').description('the audit log');
  audit.command('list')
    .description('list records, newest first')
    .option('--user <name>', 'user name of the person, prefix included')
    .option('--issuer <name>', 'issuer of the person')
    .option('--verb <verb>', 'get, list, watch, create, …')
    .option('--namespace <name>')
    .option('--resource <name>', 'pods, secrets, …')
    .option('--cluster <name>')
    .addOption(new Option('--decision <decision>').choices(['allow', 'deny', 'refused', 'error']))
    .option('--since <when>', 'not older than: 1h, 7d, or a time (RFC 3339)', moment)
    .option('--until <when>', 'older than: 1h, 7d, or a time (RFC 3339)', moment)
    .option('--limit <count>', 'at most this many', count, 100)
    .addOption(new Option('-o, --output <format>').choices(['table', 'json', 'yaml']).default('table'))
    .action(async ({ output, limit, ...filter }: ListOptions, command: Command) => {
      const config = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
      await withStore(terminal, config, async (store) => {
        const { items, more } = await listRecords(store, filter, limit);
        for (const line of print(items, output)) terminal.out(line);
        if (more) terminal.say(`there are more; --limit ${limit} shows the newest only`);
      });
    });
}

async function listRecords(store: Store, filter: Omit<AuditFilter, 'limit' | 'continue'>, limit: number): Promise<{ items: AuditRecord[]; more: boolean }> {
  const { user, issuer, verb, namespace, resource, cluster, decision, since, until } = filter;
  const wanted = { user, issuer, verb, namespace, resource, cluster, decision, since, until };
  const items: AuditRecord[] = [];
  let next: string | undefined;
  do {
    const page = await store.audit.list({ ...wanted, limit: Math.min(PAGE, limit - items.length), continue: next });
    items.push(...page.items);
    next = page.continue;
  } while (next !== undefined && items.length < limit);
  return { items, more: next !== undefined };
}

function print(records: readonly AuditRecord[], output: ListOptions['output']): string[] {
  if (output === 'table') return printTable(records);
  const list = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: records.map(toAuditEvent) };
  // Double quotes throughout, so that an escape is one wherever it stands.
  const text = output === 'json' ? JSON.stringify(list, undefined, 2) : stringify(list, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 }).trimEnd();
  return [escapeInvisible(text)];
}

/** Both formats know \uXXXX; a terminal must not obey what stood in a request. Line feeds here are the format's own. */
function escapeInvisible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    if (character === '\n') return character;
    return [...Array(character.length).keys()].map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`).join('');
  });
}

function printTable(records: readonly AuditRecord[]): string[] {
  const rows = records.map((record) => [
    new Date(record.receivedAtMs).toISOString(), record.username, record.verb, targetOf(record), record.cluster, record.decision,
    record.statusCode === 0 ? '' : String(record.statusCode), record.rule, record.auditId,
  ]);
  return table([['TIME', 'USER', 'VERB', 'WHAT', 'CLUSTER', 'DECISION', 'CODE', 'RULE', 'AUDIT ID'], ...rows]);
}

function targetOf({ resource, subresource, namespace, name, requestUri }: AuditRecord): string {
  if (!resource) return requestUri;
  return `${namespace ? `${namespace}/` : ''}${resource}${name ? `/${name}` : ''}${subresource ? `/${subresource}` : ''}`;
}
