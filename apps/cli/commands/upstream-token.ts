import type { Command } from 'commander';
import { readConfig, withStore } from '../open-gateway.ts';
import { recordAct } from '../record-act.ts';
import { table, type Terminal } from '../terminal.ts';
import { setUpstreamToken, type SetOptions } from './set-upstream-token.ts';

export function addUpstreamToken(program: Command, terminal: Terminal): void {
  const group = program
    .command('upstream-token')
    .description('people’s own tokens for clusters (mappings with storedToken)');
  const configOf = (command: Command) => readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);

  group
    .command('set')
    .description('store a person’s token; it is read from standard input, and the cluster is asked whose it is')
    .requiredOption('--cluster <name>', 'name of the Cluster object')
    .requiredOption('--issuer <name>', 'name of the Issuer object that the person comes from')
    .option('--user <name>', 'the person’s user name as the issuer maps it, prefix included')
    .option('--subject <sub>', 'the person’s `sub` claim; needed unless user names are made of it')
    .option('--token-file <path>', 'read the token from a file instead')
    .action(async (options: SetOptions, command: Command) => {
      if (options.user === undefined && options.subject === undefined) command.error('error: give --user or --subject');
      const config = configOf(command);
      await withStore(terminal, config, async (store) => await setUpstreamToken(terminal, config, store, options));
    });

  group
    .command('list')
    .description('list the stored tokens; never the tokens themselves')
    .option('--cluster <name>', 'of this cluster only')
    .action(async (options: { cluster?: string }, command: Command) => {
      await withStore(terminal, configOf(command), async (store) => {
        const rows = await store.storedTokens.list(options.cluster === undefined ? {} : { cluster: options.cluster });
        const time = (ms: number | undefined): string =>
          ms === undefined ? '' : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
        const state = (row: (typeof rows)[number]): string =>
          row.suspended
            ? 'suspended'
            : row.expiresAtMs !== undefined && row.expiresAtMs <= terminal.now()
              ? 'expired'
              : 'stored';
        const lines = rows.map((row) => [
          row.id,
          row.cluster,
          row.issuer,
          row.username,
          row.subject,
          row.user,
          state(row),
          time(row.savedAtMs),
          time(row.lastUsedAtMs),
          time(row.expiresAtMs),
        ]);
        for (const line of table([
          ['ID', 'CLUSTER', 'ISSUER', 'USER', 'SUBJECT', 'UPSTREAM USER', 'STATE', 'SAVED', 'LAST USED', 'EXPIRES'],
          ...lines,
        ]))
          terminal.out(line);
      });
    });

  group
    .command('delete')
    .description('delete a stored token')
    .argument('<id>', 'as `upstream-token list` shows it')
    .action(async (id: string, _options: unknown, command: Command) => {
      await withStore(terminal, configOf(command), async (store) => {
        await store.storedTokens.delete(id);
        terminal.out(`stored token ${id} deleted`);
        await recordAct(
          store,
          { verb: 'delete', resource: 'upstreamtokens', name: id, reason: 'gatehouse upstream-token delete' },
          terminal.now(),
        );
      });
    });
}
