import type { Command } from 'commander';
import { readConfig, withStore } from '../open-gateway.ts';
import type { Terminal } from '../terminal.ts';

export function addMigrate(program: Command, terminal: Terminal): void {
  program
    .command('migrate')
    .description('bring the database schema up to this version (the gateway does so itself at its start)')
    .action(async (_options, command: Command) => {
      const config = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
      await withStore(terminal, config, async (store) =>
        terminal.out(`${store.engine} schema is at ${store.schemaVersion}`),
      );
    });
}
