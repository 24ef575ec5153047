import { Option, type Command } from 'commander';
import type { AuditFilter } from '#audit';
import type { AuditRecord } from '#model';
import type { Store } from '#store';
import { readConfig, withStore } from '../open-gateway.ts';
import { count, moment } from '../options.ts';
import { printRecords, type OutputFormat } from '../print-records.ts';
import type { Terminal } from '../terminal.ts';

interface ListOptions extends Omit<AuditFilter, 'limit' | 'continue'> {
  readonly limit: number;
  readonly output: OutputFormat;
}

const PAGE = 500;

export function addAudit(program: Command, terminal: Terminal): void {
  const when = moment(terminal.now);
  const audit = program.command('audit').description('the audit log');
  audit
    .command('list')
    .description('list records, newest first')
    .option('--user <name>', 'user name of the person, prefix included')
    .option('--issuer <name>', 'issuer of the person')
    .option('--verb <verb>', 'get, list, watch, create, …')
    .option('--namespace <name>')
    .option('--resource <name>', 'pods, secrets, …')
    .option('--cluster <name>')
    .addOption(new Option('--decision <decision>').choices(['allow', 'deny', 'refused', 'error']))
    .option('--since <when>', 'not older than: 1h, 7d, or a time (RFC 3339)', when)
    .option('--until <when>', 'older than: 1h, 7d, or a time (RFC 3339)', when)
    .option('--limit <count>', 'at most this many', count, 100)
    .addOption(new Option('-o, --output <format>').choices(['table', 'json', 'yaml']).default('table'))
    .action(async ({ output, limit, ...filter }: ListOptions, command: Command) => {
      const config = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
      await withStore(terminal, config, async (store) => {
        const { items, more } = await listRecords(store, filter, limit);
        for (const line of printRecords(items, output)) terminal.out(line);
        if (more) terminal.say(`there are more; --limit ${limit} shows the newest only`);
      });
    });
}

async function listRecords(
  store: Store,
  filter: Omit<AuditFilter, 'limit' | 'continue'>,
  limit: number,
): Promise<{ items: AuditRecord[]; more: boolean }> {
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
