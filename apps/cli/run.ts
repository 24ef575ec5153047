import { StoreStartError } from '#store';
import { addAdmin } from './commands/admin.ts';
import { addApply } from './commands/apply.ts';
import { addAudit } from './commands/audit.ts';
import { addCluster } from './commands/cluster.ts';
import { addConfig } from './commands/config.ts';
import { addExport } from './commands/export.ts';
import { addImportAuthenticationConfig } from './commands/import-authentication-config.ts';
import { addKeys } from './commands/keys.ts';
import { addMigrate } from './commands/migrate.ts';
import { addPolicy } from './commands/policy.ts';
import { addRequest } from './commands/request.ts';
import { addRbac } from './commands/rbac.ts';
import { addUpstreamToken } from './commands/upstream-token.ts';
import { runCommands } from './run-commands.ts';
import { LOGIN_COMMANDS } from './run-login.ts';
import type { Terminal } from './terminal.ts';

/** Every command; answers the exit code (`runCommands`). */
export const run = (args: readonly string[], terminal: Terminal): Promise<number> =>
  runCommands(
    args,
    terminal,
    [
      addAdmin,
      addApply,
      addAudit,
      addCluster,
      addConfig,
      addExport,
      addImportAuthenticationConfig,
      addKeys,
      addMigrate,
      addPolicy,
      addRequest,
      addRbac,
      addUpstreamToken,
      ...LOGIN_COMMANDS,
    ],
    (error) => error instanceof StoreStartError,
  );
