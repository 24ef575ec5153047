import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { GatewayAddress } from './call-gateway.ts';

/** A login that this user of this machine has. */
export interface CachedCredential extends GatewayAddress {
  readonly token: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** One file a gateway, 0600, in a folder of the user's cache (0700). */
export function openCredentialCache(env: Environment) {
  const folder = join(cacheFolder(env), 'gatehouse');
  const fileOf = (url: string): string =>
    join(folder, `login-${createHash('sha256').update(url).digest('hex').slice(0, 32)}.json`);
  const readFile = (file: string): CachedCredential | undefined => {
    try {
      const read = JSON.parse(readFileSync(file, 'utf8')) as Partial<CachedCredential>;
      const isWhole = [read.url, read.token, read.expiresAt].every((value) => typeof value === 'string');
      return isWhole ? (read as CachedCredential) : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    read: (url: string): CachedCredential | undefined => readFile(fileOf(url)),
    /** Replaces it whole: another kubectl reads the one before or the one after. */
    write(credential: CachedCredential): void {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = fileOf(credential.url);
      const temporary = `${file}.${randomBytes(6).toString('hex')}`;
      writeFileSync(temporary, JSON.stringify(credential), { mode: 0o600, flag: 'wx' });
      renameSync(temporary, file);
    },
    remove: (url: string): void => rmSync(fileOf(url), { force: true }),
    all(): CachedCredential[] {
      try {
        const files = readdirSync(folder).filter((name) => /^login-[0-9a-f]{32}\.json$/.test(name));
        return files.flatMap((name) => readFile(join(folder, name)) ?? []);
      } catch {
        return [];
      }
    },
  };
}

export type CredentialCache = ReturnType<typeof openCredentialCache>;

function cacheFolder(env: Environment): string {
  if (env.XDG_CACHE_HOME?.startsWith('/')) return env.XDG_CACHE_HOME;
  const home = env.HOME ?? homedir();
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches');
  if (process.platform === 'win32') return env.LOCALAPPDATA ?? join(home, 'AppData', 'Local');
  return join(home, '.cache');
}
