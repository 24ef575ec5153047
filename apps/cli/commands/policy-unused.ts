import { Option, type Command } from 'commander';
import { findUnusedRules } from '#advice';
import { readConfig, withStore } from '../open-gateway.ts';
import { moment } from '../options.ts';
import { table, type Terminal } from '../terminal.ts';

interface UnusedOptions {
  readonly since: number;
  readonly output: 'table' | 'json';
}

const DAY_MS = 86_400_000;

export function addUnused(policy: Command, terminal: Terminal): void {
  policy
    .command('unused')
    .description(
      'list access rules that decided nothing; `policy dry-run --delete` tells what would change without one',
    )
    .option(
      '--since <when>',
      'look at records not older than: 90d, or a time (RFC 3339)',
      moment(terminal.now),
      terminal.now() - 90 * DAY_MS,
    )
    .addOption(new Option('-o, --output <format>').choices(['table', 'json']).default('table'))
    .action(async ({ since, output }: UnusedOptions, command: Command) => {
      const config = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
      await withStore(terminal, config, async (store) => {
        const { items } = await store.objects.list('AccessRule');
        const { rules, oldestAtMs } = await store.audit.useOfRules(since);
        const unused = findUnusedRules(items, rules, since);
        if (oldestAtMs === undefined) terminal.say('warning: the audit log is empty');
        else if (oldestAtMs > since)
          terminal.say(`warning: the audit log begins at ${new Date(oldestAtMs).toISOString()} only`);
        if (output === 'json') return terminal.out(JSON.stringify(unused, undefined, 2));
        if (unused.length === 0) return terminal.say(`each of the ${items.length} access rules decided something`);
        const rows = unused.map(({ rule, effect, mode, createdAt, younger }) => [
          rule,
          effect,
          mode,
          createdAt,
          younger ? 'younger than the time looked at' : '',
        ]);
        for (const line of table([['RULE', 'EFFECT', 'MODE', 'CREATED', 'NOTE'], ...rows])) terminal.out(line);
      });
    });
}
