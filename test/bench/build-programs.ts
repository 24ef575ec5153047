import { buildGoPrograms, type Log } from '../cluster/build-go-programs.ts';

export type Program = 'upstream' | 'watcher' | 'oauth2-proxy';

const PACKAGES: Readonly<Record<Program, string>> = {
  upstream: './upstream',
  watcher: './watcher',
  'oauth2-proxy': 'github.com/oauth2-proxy/oauth2-proxy/v7',
};
export const PROGRAMS = Object.keys(PACKAGES) as Program[];

/** The stub upstream, the client that holds many watches, and oauth2-proxy from its Go module, as test/bench/go.mod pins it. */
export async function buildPrograms(
  log: Log,
  programs: readonly Program[] = PROGRAMS,
): Promise<Record<Program, string>> {
  const packages = Object.fromEntries(programs.map((name) => [name, PACKAGES[name]])) as Record<Program, string>;
  return await buildGoPrograms({ directory: import.meta.dirname, packages, linkerFlags: '-s -w' }, log);
}
