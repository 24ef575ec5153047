import type { Command } from 'commander';
import { discardLost } from '../keys/discard-lost.ts';
import { listKeys } from '../keys/list-keys.ts';
import { rotateKeys } from '../keys/rotate-keys.ts';
import { readConfig } from '../open-gateway.ts';
import type { Terminal } from '../terminal.ts';

export function addKeys(program: Command, terminal: Terminal): void {
  const group = program.command('keys').description('the keys that secrets in the database are sealed with');
  const configOf = (command: Command) => readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
  group
    .command('list')
    .description('list the keys, by id, and what is sealed with each')
    .action(async (_options: unknown, command: Command) => await listKeys(terminal, configOf(command)));
  group
    .command('rotate')
    .description(
      'seal everything with a new key, beside running gateways; run again, it goes on where it was interrupted',
    )
    .action(async (_options: unknown, command: Command) => await rotateKeys(terminal, configOf(command)));
  group
    .command('discard-lost')
    .description('where a key is lost for good: say what cannot be opened any more, and with --yes delete it')
    .option('--yes', 'delete it')
    .action(async ({ yes }: { yes?: boolean }, command: Command) => {
      await discardLost(terminal, configOf(command), yes === true);
    });
}
