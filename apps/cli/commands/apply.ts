import type { Command } from 'commander';
import {
  findWarningsBetween,
  saveObject,
  sortForSaving,
  splitSecrets,
  type Manifest,
  type ResourceObject,
} from '#resources';
import type { Store } from '#store';
import { checkCompiles } from '../check-compiles.ts';
import { readConfig, withStore } from '../open-gateway.ts';
import { more } from '../options.ts';
import { readManifestFiles } from '../read-manifest-files.ts';
import { recordAct } from '../record-act.ts';
import type { Terminal } from '../terminal.ts';
import { pluralOf } from './plural-of.ts';

export function addApply(program: Command, terminal: Terminal): void {
  program
    .command('apply')
    .description('create or change objects (Cluster, Issuer, Mapping, AccessRule) from YAML or JSON')
    .requiredOption(
      '-f, --filename <path>',
      'a file, a folder, or - for standard input; may be given more than once',
      more,
    )
    .action(async (options: { filename: string[] }, command: Command) => {
      const config = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
      const manifests = await readManifestFiles(terminal, options.filename);
      await withStore(terminal, config, async (store) => await save(terminal, store, sortForSaving(manifests)));
    });
}

/** Everything was judged one by one; now as a whole, and only then is the first written. */
async function save(terminal: Terminal, store: Store, manifests: readonly Manifest[]): Promise<void> {
  const next = replaced(
    (await store.objects.readAll()).objects,
    manifests.map(({ object }) => splitSecrets(object).object),
  );
  await checkCompiles(next);
  for (const { source, warnings } of manifests)
    for (const warning of warnings) terminal.say(`warning: ${source}: ${warning}`);
  for (const warning of findWarningsBetween(next)) terminal.say(`warning: ${warning}`);
  for (const {
    object: {
      kind,
      metadata: { name },
    },
    object,
  } of manifests) {
    const outcome = await saveObject(object, store.objects);
    if (outcome !== 'unchanged')
      await recordAct(
        store,
        {
          verb: outcome === 'created' ? 'create' : 'update',
          resource: pluralOf(kind),
          name,
          reason: 'gatehouse apply',
        },
        terminal.now(),
      );
    terminal.out(`${kind.toLowerCase()}/${name} ${outcome}`);
  }
}

function replaced(before: readonly ResourceObject[], applied: readonly ResourceObject[]): ResourceObject[] {
  const keyOf = ({ kind, metadata }: ResourceObject): string => `${kind}/${metadata.name}`;
  const keys = new Set(applied.map(keyOf));
  return [...before.filter((object) => !keys.has(keyOf(object))), ...applied];
}
