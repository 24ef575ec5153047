import type { Command } from 'commander';
import { stringify } from 'yaml';
import { sortForSaving, type ResourceObject } from '#resources';
import { readConfig, withStore } from '../open-gateway.ts';
import type { Terminal } from '../terminal.ts';

export function addExport(program: Command, terminal: Terminal): void {
  program
    .command('export')
    .description('print all objects as YAML that `apply` reads; no secrets are in it')
    .action(async (_options, command: Command) => {
      const config = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
      await withStore(terminal, config, async (store) => {
        const { objects } = await store.objects.readAll();
        const sorted = sortForSaving(objects.map((object) => ({ object, source: '', warnings: [] })));
        if (sorted.length > 0)
          terminal.out(
            sorted
              .map(({ object }) => stringify(portable(object)))
              .join('---\n')
              .trimEnd(),
          );
      });
    });
}

/** Without what belongs to this database only. */
function portable({ apiVersion, kind, metadata, spec }: ResourceObject): object {
  const { name, labels, annotations } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
    spec,
  };
}
