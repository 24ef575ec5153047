import { createHash } from 'node:crypto';
import { Option, type Command } from 'commander';
import {
  API_VERSION,
  GATEWAY_CLUSTER,
  saveObject,
  validateObject,
  type AccessRuleSpec,
  type ResourceObject,
} from '#resources';
import { CliFailure } from '../failure.ts';
import { readConfig, withStore } from '../open-gateway.ts';
import { recordAct } from '../record-act.ts';
import { visible, type Terminal } from '../terminal.ts';

interface GrantOptions {
  readonly issuer: string;
  readonly group?: string;
  readonly user?: string;
}

export function addAdmin(program: Command, terminal: Terminal): void {
  const admin = program.command('admin').description('who administers the gateway');
  admin
    .command('grant')
    .description(
      'give a group or a user all rights on the gateway’s own objects and its audit log (first admin, and recovery)',
    )
    .requiredOption('--issuer <name>', 'name of the Issuer object that the people come from')
    .addOption(new Option('--group <name>', 'as the issuer maps it, prefix included').conflicts('user'))
    .addOption(new Option('--user <name>', 'as the issuer maps it, prefix included').conflicts('group'))
    .action(async (options: GrantOptions, command: Command) => {
      if (options.group === undefined && options.user === undefined) command.error('error: give --group or --user');
      const rule = adminRule(options);
      const validated = validateObject(rule);
      if (!validated.ok) throw new CliFailure(validated.problems.map(({ message }) => `the name ${message}`));
      const config = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
      await withStore(terminal, config, async (store) => {
        const { objects } = await store.objects.readAll();
        const issuers = objects.filter(({ kind }) => kind === 'Issuer').map(({ metadata }) => metadata.name);
        if (!issuers.includes(options.issuer)) {
          throw new CliFailure(
            `there is no Issuer ${JSON.stringify(options.issuer)}; ${issuers.length > 0 ? `there are ${issuers.join(', ')}` : 'apply one first (gatehouse apply -f)'}`,
          );
        }
        const outcome = await saveObject(validated.object, store.objects);
        terminal.out(`accessrule/${rule.metadata.name} ${outcome}`);
        for (const warning of warnOfDenies(objects, options)) terminal.say(`warning: ${warning}`);
        if (outcome !== 'unchanged')
          await recordAct(
            store,
            {
              verb: outcome === 'created' ? 'create' : 'update',
              resource: 'accessrules',
              name: rule.metadata.name,
              reason: 'gatehouse admin grant',
            },
            terminal.now(),
          );
      });
    });
}

/** Names the gateway's own cluster literally, as no wildcard reaches it; the second rule is discovery, which kubectl needs. */
function adminRule({ issuer, group, user }: GrantOptions): ResourceObject {
  const name = group ?? user ?? '';
  const digest = createHash('sha256')
    .update(JSON.stringify([issuer, group ?? null, user ?? null]))
    .digest('hex')
    .slice(0, 10);
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|(?<!-)-+$/g, '')
    .slice(0, 40)
    .replace(/(?<!-)-+$/, '');
  return {
    apiVersion: API_VERSION,
    kind: 'AccessRule',
    metadata: { name: ['admin', readable, digest].filter((part) => part !== '').join('-') },
    spec: {
      subjects: [{ issuer, ...(group === undefined ? { user } : { group }) }],
      clusters: [GATEWAY_CLUSTER],
      rules: [
        { verbs: ['*'], apiGroups: ['gatehouse.dev'], resources: ['*'] },
        { verbs: ['get', 'head'], nonResourceURLs: ['*'] },
      ],
    },
  };
}

/** Deny wins: a grant does not help against one. */
function warnOfDenies(objects: readonly ResourceObject[], { issuer, group, user }: GrantOptions): string[] {
  return objects
    .filter(({ kind }) => kind === 'AccessRule')
    .flatMap(({ metadata, spec }) => {
      const { effect, mode, clusters, subjects } = spec as AccessRuleSpec;
      const meets = subjects.some(
        (subject) =>
          subject.issuer === issuer &&
          (subject.user === undefined || user === undefined || subject.user === user) &&
          (subject.group === undefined || group === undefined || subject.group === group),
      );
      if (effect !== 'Deny' || mode !== 'Enforce' || !clusters.includes(GATEWAY_CLUSTER) || !meets) return [];
      return [
        visible(`access rule "${metadata.name}" denies on ${GATEWAY_CLUSTER} and may stand in the way; Deny wins`),
      ];
    });
}
