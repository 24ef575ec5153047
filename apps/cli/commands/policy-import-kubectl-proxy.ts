import { InvalidArgumentError, Option, type Command } from 'commander';
import { stringify } from 'yaml';
import { importKubectlProxy, PROXY_DEFAULTS, type ProxyFlags } from '#advice';
import { CliFailure } from '../failure.ts';
import { more } from '../options.ts';
import { printManifests } from '../print-manifests.ts';
import { visible, type Terminal } from '../terminal.ts';

interface ImportOptions extends ProxyFlags {
  readonly issuer: string;
  readonly cluster: readonly string[];
  readonly forGroup?: string;
  readonly forUser?: string;
  readonly name: string;
}

const port = (text: string): number => {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Give a port.');
  return Number(text);
};

export function addImportKubectlProxy(policy: Command, terminal: Terminal): void {
  const {
    acceptPaths,
    rejectPaths,
    acceptHosts,
    rejectMethods,
    apiPrefix,
    address,
    port: defaultPort,
  } = PROXY_DEFAULTS;
  policy
    .command('import-kubectl-proxy')
    .description(
      'print access rules and configuration that stand for the flags of a kubectl proxy, and warn of what those left open; nothing is saved',
    )
    .requiredOption('--issuer <name>', 'name of the Issuer object that the people come from')
    .requiredOption('--cluster <name>', 'name of the Cluster object; may be given more than once', more)
    .addOption(
      new Option('--for-group <name>', 'the group that gets the rules; else everybody of the issuer').conflicts(
        'forUser',
      ),
    )
    .addOption(new Option('--for-user <name>', 'the user that gets the rules'))
    .option('--name <name>', 'of the rules', 'kubectl-proxy')
    .option('--accept-paths <list>', 'of kubectl proxy, like all below', acceptPaths)
    .option('--reject-paths <list>', '', rejectPaths)
    .option('--accept-hosts <list>', '', acceptHosts)
    .option('--reject-methods <list>', '', rejectMethods)
    .option('--api-prefix <prefix>', '', apiPrefix)
    .option('--address <address>', '', address)
    .option('-p, --port <port>', '', port, defaultPort)
    .option('--disable-filter [boolean]', '', (text: string) => text !== 'false')
    .option('-u, --unix-socket <path>')
    .option('-w, --www <folder>')
    .option('-P, --www-prefix <prefix>', '', '/static/')
    .option('--keepalive <duration>', 'changes nothing here')
    .option('--append-server-path [boolean]', 'changes nothing here: spec.server of a Cluster holds the path')
    .action((options: ImportOptions) => {
      const { issuer, forGroup: group, forUser: user } = options;
      const subject = { issuer, ...(group === undefined ? {} : { group }), ...(user === undefined ? {} : { user }) };
      const flags = { ...PROXY_DEFAULTS, ...options, disableFilter: Boolean(options.disableFilter) };
      const imported = importKubectlProxy(flags, { subject, clusters: options.cluster, name: options.name });
      if (!imported.ok) throw new CliFailure(imported.problems.map(visible));
      const { objects, configuration, warnings, comparison } = imported;
      if (comparison.allowedNow.length > 0)
        throw new Error(
          `the rules would allow what the flags refused: ${comparison.allowedNow.slice(0, 5).join(', ')}`,
        );
      terminal.out('# In gatehouse.yaml:');
      for (const line of stringify(configuration).trimEnd().split('\n')) terminal.out(`#   ${line}`);
      printManifests(terminal, objects, warnings);
      const { asked, letThrough, allowed, refusedNow } = comparison;
      terminal.say(
        `compared by ${asked} requests of every kind: the flags let ${letThrough} through, the rules allow ${allowed} of those and no other`,
      );
      if (refusedNow.length > 0) terminal.say(visible(`no longer let through: ${shorten(refusedNow)}`));
    });
}

const MOST = 12;
const shorten = (list: readonly string[]): string =>
  list.length <= MOST ? list.join(', ') : `${list.slice(0, MOST).join(', ')} and ${list.length - MOST} more`;
