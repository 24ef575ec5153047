import { buildGoPrograms, type Log } from '../cluster/build-go-programs.ts';

/** Dex as test/dex/go.mod pins it, without cgo: its storage is in memory. @throws Error that says what to install. */
export async function buildDex(log: Log): Promise<string> {
  const packages = { dex: 'github.com/dexidp/dex/cmd/dex' };
  const { dex } = await buildGoPrograms({ directory: import.meta.dirname, packages, linkerFlags: '-s -w' }, log);
  return dex;
}
