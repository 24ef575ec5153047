import type { Command } from 'commander';
import { accessRulesOf, suggestRules, type GatheredRequests, type Prefix, type Suggestions } from '#advice';
import type { AccessRuleInput } from '#policy';
import type { Store } from '#store';
import { CliFailure } from '../failure.ts';
import { findSeenPerson } from '../find-person.ts';
import { gatherKubeAudit } from '../gather-kube-audit.ts';
import { gatherRecords } from '../gather-records.ts';
import { readConfig, withStore } from '../open-gateway.ts';
import { count, moment, more, prefix } from '../options.ts';
import { printManifests } from '../print-manifests.ts';
import { visible, type Terminal } from '../terminal.ts';

interface SuggestOptions {
  readonly since: number;
  readonly for?: string;
  readonly issuer?: string;
  readonly without: readonly string[];
  readonly all?: boolean;
  readonly perPerson?: boolean;
  readonly roundUp?: boolean;
  readonly kubeAuditLog?: string;
  readonly cluster?: string;
  readonly userPrefix?: Prefix;
  readonly groupPrefix?: Prefix;
  readonly limit: number;
}

const WEEK_MS = 7 * 86_400_000;

export function addSuggest(policy: Command, terminal: Terminal): void {
  const now = terminal.now;
  policy
    .command('suggest')
    .description(
      'print access rules for what was used and only a rule for learning allowed (or the rules named by --without); nothing is saved',
    )
    .option(
      '--since <when>',
      'what was used not longer ago than: 1h, 7d, or a time (RFC 3339)',
      moment(now),
      now() - WEEK_MS,
    )
    .option('--for <name>', 'of this person only: the user name as the issuer makes it, or a unique short form')
    .option('--issuer <name>', 'issuer of the person; with --kube-audit-log of all its people')
    .option('--without <rule>', 'as if this access rule were gone; may be given more than once', more, [])
    .option('--all', 'as if no access rule allowed anything')
    .option('--per-person', 'rules for people only, none for groups')
    .option('--round-up', 'any name instead of those that were used, and get, list and watch together')
    .option(
      '--kube-audit-log <file>',
      'what was used according to the API server’s own audit log instead of the gateway’s',
    )
    .option('--cluster <name>', 'name of the Cluster object that this log is of')
    .option('--user-prefix <old=new>', 'users are named old… in this log and new… by the issuer', prefix)
    .option('--group-prefix <old=new>', 'the same for groups', prefix)
    .option('--limit <count>', 'the newest records of the gateway’s log only, at most this many', count, 1_000_000)
    .action(async (options: SuggestOptions, command: Command) => {
      if (options.kubeAuditLog !== undefined && (options.issuer === undefined || options.cluster === undefined))
        command.error('error: --kube-audit-log needs --issuer and --cluster');
      const config = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
      await withStore(terminal, config, async (store) => {
        const rules = accessRulesOf((await store.objects.list('AccessRule')).items);
        const gathered = await gather(terminal, store, options);
        const suggested = suggestRules(gathered.requests, {
          kept: keptOf(rules, options),
          perPerson: options.perPerson === true,
          roundUp: options.roundUp === true,
          nowMs: now(),
        });
        if (suggested.kinds === 0) {
          terminal.say(
            `${gathered.records} records; the access rules that stay allow all that was used: there is nothing to suggest`,
          );
          return;
        }
        const { suggestions, notCovered } = suggested;
        for (const line of summarize(suggested)) terminal.say(visible(line));
        if (suggestions.length > 0)
          printManifests(
            terminal,
            suggestions.map(({ object }) => object),
            [],
            (object) =>
              (suggestions.find((suggestion) => suggestion.object === object)?.more ?? []).map(
                (sentence) => `gives more: ${sentence}`,
              ),
          );
        if (notCovered.length > 0) throw new CliFailure(`${notCovered.length} kinds of requests are not covered`);
      });
    });
}

async function gather(terminal: Terminal, store: Store, options: SuggestOptions): Promise<GatheredRequests> {
  const { kubeAuditLog, issuer, cluster, since } = options;
  if (kubeAuditLog === undefined || issuer === undefined || cluster === undefined) {
    const person = options.for === undefined ? undefined : await findSeenPerson(store, options.for, issuer);
    const filter = { since, user: person?.username, issuer: person?.issuer ?? issuer };
    const { gathered, truncated } = await gatherRecords(store, filter, options.limit);
    if (truncated) terminal.say(`warning: only the newest ${gathered.records} records were looked at`);
    return gathered;
  }
  const { userPrefix, groupPrefix } = options;
  const names = { issuer, userPrefix, groupPrefix };
  const read = await gatherKubeAudit(kubeAuditLog, cluster, names, { sinceMs: since, user: options.for });
  if (read.unreadable > 0)
    terminal.say(`warning: ${read.unreadable} of ${read.lines} lines are no events that could be read`);
  return read.gathered;
}

function keptOf(rules: readonly AccessRuleInput[], { without, all }: SuggestOptions): AccessRuleInput[] {
  const unknown = without.find((name) => !rules.some((rule) => rule.name === name));
  if (unknown !== undefined) throw new CliFailure(`there is no access rule ${JSON.stringify(unknown)}`);
  return rules.filter(
    ({ name, learning, effect }) => effect === 'Deny' || !(all || learning === true || without.includes(name)),
  );
}

function summarize({ requests, kinds, suggestions, notCovered, loginAssumed }: Suggestions): string[] {
  return [
    `${requests} requests of ${kinds} kinds need a rule; judged again with the ${suggestions.length} suggested, ${kinds - notCovered.length} kinds are allowed`,
    ...notCovered.map(({ asked, reason }) => `warning: not covered, ${asked.used} times: ${reason}`),
    ...(loginAssumed.length > 0
      ? [
          `taken as granted, as the log does not hold it: the fresh or strong login that ${loginAssumed.join(', ')} wants`,
        ]
      : []),
  ];
}
