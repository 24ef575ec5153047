import { Option, type Command } from 'commander';
import { importRbac, readRbac, type Prefix } from '#advice';
import { CliFailure } from '../failure.ts';
import { more, prefix } from '../options.ts';
import { printManifests } from '../print-manifests.ts';
import { contentOf } from '../read-content.ts';
import { visible, type Terminal } from '../terminal.ts';

interface ImportOptions {
  readonly filename: readonly string[];
  readonly issuer: string;
  readonly cluster: readonly string[];
  readonly userPrefix?: Prefix;
  readonly groupPrefix?: Prefix;
  readonly forGroup?: string;
  readonly forUser?: string;
  readonly namespace?: string;
}

export function addImportRbac(policy: Command, terminal: Terminal): void {
  policy
    .command('import-rbac')
    .description(
      'print access rules that give people what Roles, ClusterRoles and their bindings give them, never more; nothing is saved',
    )
    .requiredOption(
      '-f, --filename <path>',
      'YAML or JSON, also as `kubectl get … -o yaml` prints it; - for standard input; may be given more than once',
      more,
    )
    .requiredOption('--issuer <name>', 'name of the Issuer object that the people come from')
    .requiredOption(
      '--cluster <name>',
      'name of the Cluster object that the roles are of; may be given more than once',
      more,
    )
    .option('--user-prefix <old=new>', 'users are named old… in RBAC and new… by the issuer', prefix)
    .option('--group-prefix <old=new>', 'the same for groups', prefix)
    .addOption(new Option('--for-group <name>', 'the group that gets roles which nothing binds').conflicts('forUser'))
    .addOption(new Option('--for-user <name>', 'the user that gets roles which nothing binds'))
    .option('-n, --namespace <name>', 'of Roles and RoleBindings that name none')
    .action(async (options: ImportOptions) => {
      const read = await Promise.all(
        options.filename.map(async (path) => readRbac(await contentOf(path, terminal), path)),
      );
      const problems = read.flatMap((part) => part.problems);
      if (problems.length > 0) throw new CliFailure(problems.map(visible));
      const { objects, warnings } = importRbac(
        { roles: read.flatMap((part) => part.roles), bindings: read.flatMap((part) => part.bindings) },
        { ...options, clusters: options.cluster, unbound: unboundOf(options) },
      );
      for (const { passedOver } of read)
        for (const [kind, count] of passedOver)
          terminal.say(visible(`warning: ${count} of kind ${kind} passed over: not RBAC’s`));
      printManifests(terminal, objects, warnings);
    });
}

function unboundOf({
  issuer,
  forGroup,
  forUser,
}: ImportOptions): { issuer: string; group?: string; user?: string } | undefined {
  if (forGroup !== undefined) return { issuer, group: forGroup };
  return forUser === undefined ? undefined : { issuer, user: forUser };
}
