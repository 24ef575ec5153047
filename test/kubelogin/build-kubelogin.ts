import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGoPrograms, type Log } from '../cluster/build-go-programs.ts';

/** What kubectl looks for in the PATH when it is asked for `oidc-login`. */
const PLUGIN = 'kubectl-oidc_login';
const MODULE = 'github.com/int128/kubelogin';

/** kubelogin from its Go module, as test/kubelogin/go.mod pins it, and what it says of its version. */
export async function buildKubelogin(log: Log): Promise<{ readonly path: string; readonly version: string }> {
  const directory = import.meta.dirname;
  const [, pinned] = new RegExp(`${MODULE} (v\\S+)`).exec(readFileSync(join(directory, 'go.mod'), 'utf8')) ?? [];
  if (pinned === undefined) throw new Error(`go.mod does not require ${MODULE}`);
  const linkerFlags = `-s -w -X main.version=${pinned}`;
  const built = await buildGoPrograms({ directory, packages: { [PLUGIN]: MODULE }, linkerFlags }, log);
  const path = built[PLUGIN] as string;
  // It says so on standard error.
  const { stdout, stderr, error } = spawnSync(path, ['version'], { encoding: 'utf8' });
  if (error) throw error;
  return { path, version: (stdout + stderr).trim() };
}
