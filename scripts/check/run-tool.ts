import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/**
 * Runs a package's command with the Node that runs this, in `root`. By its file and not by
 * `node_modules/.bin`, whose scripts would take whichever `node` is first in PATH.
 * @param file `<package>/<path of the command inside it>`
 * @returns what it said, as one problem, when it ends with another code than 0
 */
export function runTool(root: string, file: string, args: readonly string[]): string[] {
  return run(root, [locate(file), ...args]);
}

/** The same for one of the project's own scripts, given by its path in `root`. */
export function runTypeScriptFile(root: string, file: string, args: readonly string[]): string[] {
  return run(root, ['--conditions=source', join(root, file), ...args]);
}

/** A package may hide its command from `require.resolve` by its `exports`, but never its package.json's folder. */
function locate(file: string): string {
  const [packageName = '', ...inside] = file.split('/');
  for (const folder of require.resolve.paths(packageName) ?? []) {
    try {
      return join(dirname(require.resolve(join(folder, packageName, 'package.json'))), ...inside);
    } catch {
      // the next folder up may have it
    }
  }
  throw new Error(`${packageName} is not installed; run npm ci`);
}

function run(root: string, args: readonly string[]): string[] {
  const result = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  if (result.error) return [`${args[0]} cannot be started: ${result.error.message}`];
  if (result.status === 0) return [];
  return [`${result.stdout}${result.stderr}`.trim() || `${args[0]} ended with ${result.status ?? result.signal}`];
}
