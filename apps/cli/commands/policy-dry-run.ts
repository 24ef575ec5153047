import { Option, type Command } from 'commander';
import { accessRulesOf, changeRules, dryRun, showDryRun, type ShownChange, type ShownDryRun } from '#advice';
import { CliFailure } from '../failure.ts';
import { gatherRecords } from '../gather-records.ts';
import { readConfig, withStore } from '../open-gateway.ts';
import { count, moment, more } from '../options.ts';
import { readManifestFiles } from '../read-manifest-files.ts';
import { table, visible, type Terminal } from '../terminal.ts';

interface DryRunOptions {
  readonly filename: readonly string[];
  readonly delete: readonly string[];
  readonly prune?: boolean;
  readonly since: number;
  readonly limit: number;
  readonly output: 'table' | 'json';
}

/** Lines of each table; JSON has them all. */
const SHOWN = 40;

export function addDryRun(policy: Command, terminal: Terminal): void {
  policy
    .command('dry-run')
    .description(
      'tell which requests of the audit log changed access rules would newly deny or allow; nothing is saved',
    )
    .option('-f, --filename <path>', 'changed access rules: a file, a folder, or - for standard input', more, [])
    .option('--delete <name>', 'an access rule that would be deleted; may be given more than once', more, [])
    .option('--prune', 'the files hold all access rules: those that they leave out would be deleted')
    .option(
      '--since <when>',
      'records not older than: 1h, 7d, or a time (RFC 3339)',
      moment(terminal.now),
      terminal.now() - 7 * 86_400_000,
    )
    .option('--limit <count>', 'the newest records only, at most this many', count, 1_000_000)
    .addOption(new Option('-o, --output <format>').choices(['table', 'json']).default('table'))
    .action(async (options: DryRunOptions, command: Command) => {
      if (options.filename.length === 0 && options.delete.length === 0)
        command.error('error: give changed rules by -f, or names by --delete');
      const manifests = options.filename.length > 0 ? await readManifestFiles(terminal, options.filename) : [];
      const foreign = manifests.find(({ object }) => object.kind !== 'AccessRule');
      if (foreign)
        throw new CliFailure(`${foreign.source}: a dry run judges access rules only, not ${foreign.object.kind}`);
      const config = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
      await withStore(terminal, config, async (store) => {
        const before = accessRulesOf((await store.objects.list('AccessRule')).items);
        const names = before.map(({ name }) => name);
        const unknown = options.delete.find((name) => !names.includes(name));
        if (unknown !== undefined) throw new CliFailure(`there is no access rule ${JSON.stringify(unknown)} to delete`);
        const saved = manifests.map(({ object }) => object);
        const kept = new Set(saved.map(({ metadata }) => metadata.name));
        const deleted = options.prune ? names.filter((name) => !kept.has(name)) : options.delete;
        const after = changeRules(before, { saved, deleted });
        const { gathered, truncated } = await gatherRecords(store, { since: options.since }, options.limit);
        const run = dryRun(gathered.requests, { before, after }, terminal.now());
        const isJson = options.output === 'json';
        const shown = showDryRun(run, gathered, truncated, isJson ? Number.POSITIVE_INFINITY : SHOWN);
        for (const line of isJson ? [JSON.stringify(shown, undefined, 2)] : describe(shown)) terminal.out(line);
      });
    });
}

function describe(run: ShownDryRun): string[] {
  const { notReplayed, loginAssumed } = run;
  const left: [number, string][] = [
    [notReplayed.refusedBefore, 'refused before any rule was asked'],
    [notReplayed.noRequest, 'no request of a person to a cluster'],
    [notReplayed.readsOtherwise, 'cannot be judged again: what the log keeps of the target reads otherwise'],
  ];
  return [
    `${run.records} records${run.truncated ? ' (the newest; there are more)' : ''}, ${run.replayed} judged again`,
    ...left.filter(([number]) => number > 0).map(([number, why]) => `  ${number} ${why}`),
    ...(run.changedSince > 0
      ? [`  ${run.changedSince} are judged otherwise today than they were: the rules were changed since`]
      : []),
    ...(loginAssumed.length > 0
      ? [
          visible(
            `  taken as granted, as the log does not hold it: the fresh or strong login that ${loginAssumed.join(', ')} wants`,
          ),
        ]
      : []),
    '',
    ...list('would newly be denied', run.newlyDenied, ({ before }) => `now allowed by ${before.rule ?? ''}`),
    ...list('would newly be allowed', run.newlyAllowed, ({ after }) => `by ${after.rule ?? ''}`),
    ...(run.leftOut > 0 ? [`${run.leftOut} more; -o json shows all`] : []),
  ];
}

function list(title: string, changes: readonly ShownChange[], why: (change: ShownChange) => string): string[] {
  if (changes.length === 0) return [`nothing ${title}`];
  const rows = changes.map((change) => [
    String(change.count),
    change.user,
    change.cluster,
    change.verb,
    change.what,
    change.lastAt.replace(/\.\d+Z$/, 'Z'),
    why(change),
  ]);
  return [`${title}:`, ...table([['COUNT', 'USER', 'CLUSTER', 'VERB', 'WHAT', 'LAST', 'RULE'], ...rows])];
}
