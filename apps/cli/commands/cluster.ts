import type { Command } from 'commander';
import type { Config } from '#config';
import type { Store } from '#store';
import { addClusterFromKubeconfig, type AddOptions } from '../cluster/add-cluster.ts';
import { deleteCluster, enableCluster, renameCluster } from '../cluster/change-cluster.ts';
import { listClusters, showCluster } from '../cluster/show-clusters.ts';
import { readConfig, withStore } from '../open-gateway.ts';
import type { Terminal } from '../terminal.ts';

type Act = (terminal: Terminal, config: Config, store: Store) => Promise<void>;

export function addCluster(program: Command, terminal: Terminal): void {
  const group = program.command('cluster').description('the API servers behind this gateway');
  const run = async (command: Command, act: Act): Promise<void> => {
    const config = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
    await withStore(terminal, config, async (store) => await act(terminal, config, store));
  };

  group
    .command('add')
    .description('register a cluster from one context of a kubeconfig; only what is embedded in it is taken')
    .requiredOption('--kubeconfig <file>', 'the file, or - for standard input')
    .option('--context <name>', 'a context of it; else its current one')
    .option('--name <name>', 'of the Cluster, as in /clusters/<name>; else the context’s')
    .option('--default', 'serve the paths without /clusters/<name>, too')
    .option('--replace', 'where it exists: give it this server, CA and credential')
    .action(async (options: AddOptions, command: Command) => {
      await run(command, (...ports) => addClusterFromKubeconfig(...ports, options));
    });
  group
    .command('list')
    .description('list the clusters, and ask each how it is')
    .action(async (_options: unknown, command: Command) => {
      await run(command, listClusters);
    });
  group
    .command('get')
    .description('show a cluster and how it is, as YAML; never its credential')
    .argument('<name>')
    .action(async (name: string, _options: unknown, command: Command) => {
      await run(command, (...ports) => showCluster(...ports, name));
    });
  group
    .command('rename')
    .description('give it another name; mappings, access rules and stored tokens go along, open streams end')
    .argument('<name>')
    .argument('<new name>')
    .action(async (name: string, newName: string, _options: unknown, command: Command) => {
      await run(command, (to, _config, store) => renameCluster(to, store, name, newName));
    });
  for (const [verb, enabled, description] of [
    ['disable', false, 'refuse every request for it, and end what is open'],
    ['enable', true, 'serve it again'],
  ] as const)
    group
      .command(verb)
      .description(description)
      .argument('<name>')
      .action(async (name: string, _options: unknown, command: Command) => {
        await run(command, (to, _config, store) => enableCluster(to, store, name, enabled));
      });
  group
    .command('delete')
    .description('forget it, its credential and people’s stored tokens for it; open streams end')
    .argument('<name>')
    .action(async (name: string, _options: unknown, command: Command) => {
      await run(command, (to, _config, store) => deleteCluster(to, store, name));
    });
}
