import { Command, CommanderError } from 'commander';
import { GatehouseError } from '#errors';
import { StoreStartError } from '#store';
import { addAdmin } from './commands/admin.ts';
import { addApply } from './commands/apply.ts';
import { addAudit } from './commands/audit.ts';
import { addCluster } from './commands/cluster.ts';
import { addConfig } from './commands/config.ts';
import { addExport } from './commands/export.ts';
import { addImportAuthenticationConfig } from './commands/import-authentication-config.ts';
import { addMigrate } from './commands/migrate.ts';
import { addPolicy } from './commands/policy.ts';
import { addRequest } from './commands/request.ts';
import { addRbac } from './commands/rbac.ts';
import { addUpstreamToken } from './commands/upstream-token.ts';
import { CliFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

const OK = 0;
const FAILED = 1;
const USAGE = 2;

/** Runs one command line and answers the exit code: 0 done, 1 failed, 2 not understood (or what the command says). */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('gatehouse')
    .description('Works on the gateway’s configured database, beside a running gateway or without one.')
    .option(
      '-c, --config <file>',
      'gatehouse.yaml to use (also GATEHOUSE_CONFIG_FILE; else ./gatehouse.yaml, if there is one)',
    )
    .exitOverride()
    .showHelpAfterError('(add --help for what there is)');
  for (const add of [
    addAdmin,
    addApply,
    addAudit,
    addCluster,
    addConfig,
    addExport,
    addImportAuthenticationConfig,
    addMigrate,
    addPolicy,
    addRequest,
    addRbac,
    addUpstreamToken,
  ])
    add(program, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
    return OK;
  } catch (error) {
    // Commander has said what it does not understand; for help it throws as well.
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE;
    const expected = error instanceof CliFailure || error instanceof StoreStartError || error instanceof GatehouseError;
    terminal.say(`gatehouse: ${expected ? error.message : ((error as Error).stack ?? String(error))}`);
    return error instanceof CliFailure ? error.exitCode : FAILED;
  }
}
