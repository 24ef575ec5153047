import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './build-binaries.ts';
import { hashSources } from './hash-sources.ts';
import { sourceDirectory } from './locate-sources.ts';

/**
 * Path of a Go program of a folder of this module (`./requestinfo`, `./informer`), built when its sources, the module's
 * versions or Go have changed. Throws where Go cannot build it.
 */
export function buildTool(folder: string): string {
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
  const go = (...args: string[]): string =>
    execFileSync('go', args, { cwd: sourceDirectory, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const directory = join(cacheDirectory(), 'tools');
  const path = join(directory, `${folder}-${hashSources([folder])}-${go('env', 'GOVERSION').trim()}`);
  if (existsSync(path)) return path;
  mkdirSync(directory, { recursive: true });
  // Renamed when it is whole: two who build at once put the same there.
  const draft = `${path}.${process.pid}.tmp`;
  go('build', '-trimpath', '-buildvcs=false', '-o', draft, `./${folder}`);
  renameSync(draft, path);
  return path;
}
