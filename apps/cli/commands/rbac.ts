import { Option, type Command } from 'commander';
import type { ClusterConnection, OwnCallPorts } from '#clusters';
import { GatehouseError } from '#errors';
import { compileRecordFirst, gatherOwnCalls, uuidV7 } from '#pipeline';
import type { RbacObject } from '#rights';
import type { Config } from '#config';
import { StoreStartError, type Store } from '#store';
import { existingObject } from '../existing-object.ts';
import { CliFailure } from '../failure.ts';
import { readConfig, withStore } from '../open-gateway.ts';
import { applyRbac, reachOf, readDrift } from '../rbac/change-rbac.ts';
import { planRbac, type PlanOptions } from '../rbac/plan-rbac.ts';
import { createRbacApi } from '../rbac/rbac-api.ts';
import { recordAct } from '../record-act.ts';
import { visible, type Terminal } from '../terminal.ts';
import { toYaml } from '../to-yaml.ts';
import { withCluster, withKubeconfig } from '../with-cluster.ts';

interface RbacOptions extends PlanOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly apply?: boolean;
  readonly diff?: boolean;
}

/** As `kubectl diff`: 1 is a difference, so a failure is not. */
const DIFF_FAILED = 2;
const EXPECTED = [CliFailure, GatehouseError, StoreStartError];

export function addRbac(program: Command, terminal: Terminal): void {
  program
    .command('rbac')
    .description(
      'print the least RBAC that the gateway’s credential needs in a cluster for today’s mappings and access rules',
    )
    .requiredOption('--cluster <name>', 'name of the Cluster object')
    .option('--name <name>', 'of the roles and bindings', 'gatehouse')
    .addOption(new Option('--user <name>', 'bind it to this user, instead of asking the cluster who the gateway is'))
    .addOption(new Option('--service-account <namespace/name>', 'the same for a service account').conflicts('user'))
    .addOption(
      new Option(
        '--impersonation <kind>',
        'constrained (limits what may be done as somebody), or legacy; instead of asking the cluster which it has',
      ).choices(['constrained', 'legacy']),
    )
    .option('--access-reviews', 'also let the gateway ask what the cluster’s RBAC says of others')
    .addOption(new Option('--apply', 'make the cluster so, and delete what is left over').conflicts('diff'))
    .addOption(new Option('--diff', 'show what differs in the cluster; exit code 1 where anything does, 2 on failure'))
    .option('--kubeconfig <file>', 'of an admin, for --apply and --diff; else the gateway’s own credential')
    .option('--context <name>', 'of that kubeconfig')
    .action(async (options: RbacOptions, command: Command) => {
      try {
        const config = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
        await withStore(terminal, config, async (store) => await work(terminal, config, store, options));
      } catch (error) {
        if (options.diff && EXPECTED.some((kind) => error instanceof kind) && !(error instanceof Drifted))
          throw new CliFailure((error as Error).message, DIFF_FAILED);
        throw error;
      }
    });
}

class Drifted extends CliFailure {}

async function work(terminal: Terminal, config: Config, store: Store, options: RbacOptions): Promise<void> {
  if (!/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/.test(options.name))
    throw new CliFailure('give a --name of lower-case letters, digits, "-" and ".", at most 63');
  const cluster = await existingObject(store, 'Cluster', options.cluster);
  const { objects, revision } = await store.objects.readAll();
  const calls = gatherOwnCalls(store.audit, compileRecordFirst(config.audit), revision);
  const ports: OwnCallPorts = { now: terminal.now, newAuditId: uuidV7, ...calls };
  try {
    await withCluster(config, store, cluster, async (own) => {
      const plan = await planRbac(objects, options, own, ports);
      terminal.say(visible(plan.summary));
      for (const warning of plan.warnings) terminal.say(visible(`warning: ${warning}`));
      if (!options.apply && !options.diff)
        return terminal.out(
          plan.manifests
            .map((object) => toYaml(object))
            .join('---\n')
            .trimEnd(),
        );
      const act = async (connection: ClusterConnection): Promise<void> =>
        await change(terminal, connection, plan.manifests, options, connection === own ? ports : notRecorded(ports));
      const { kubeconfig: file, context } = options;
      if (file === undefined) await act(own);
      else await withKubeconfig(config, cluster, { file, ...(context === undefined ? {} : { context }) }, act);
    });
  } finally {
    await calls.save();
  }
  if (options.apply)
    await recordAct(
      store,
      { verb: 'update', resource: 'clusters', name: options.cluster, reason: 'gatehouse rbac --apply' },
      terminal.now(),
    );
}

/** An admin's own calls are no calls of the gateway; the API server knows whose they are. */
const notRecorded = (ports: OwnCallPorts): OwnCallPorts => ({
  ...ports,
  begin: () => undefined,
  record: () => {},
});

async function change(
  terminal: Terminal,
  connection: ClusterConnection,
  manifests: readonly RbacObject[],
  options: RbacOptions,
  ports: OwnCallPorts,
): Promise<void> {
  const api = createRbacApi(connection, ports);
  const { wanted, absentNamespaces } = await reachOf(manifests, api);
  for (const namespace of absentNamespaces)
    terminal.say(`warning: namespace ${namespace} does not exist; run this again when it does`);
  if (options.apply) {
    for (const line of await applyRbac(wanted, options.name, api)) terminal.out(visible(line));
    return;
  }
  const drift = await readDrift(wanted, options.name, api);
  for (const { object, lines } of drift) {
    terminal.out(visible(object));
    for (const line of lines) terminal.out(visible(`  ${line}`));
  }
  if (drift.length > 0) throw new Drifted('the cluster has other rights for the gateway than it needs');
}
