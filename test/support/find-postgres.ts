import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

const DEBIAN_FOLDER = '/usr/lib/postgresql';
const WANTED_MAJOR = 15;

/**
 * The folder with `initdb`, `postgres` and `pg_dump` of PostgreSQL 15: `PG_BIN` if it is set, else Debian's package, which
 * is installed where it is absent and we may. @throws Error that says what to install; a missing part never skips a test.
 */
export async function findPostgres(): Promise<string> {
  if (process.env.PG_BIN) return process.env.PG_BIN;
  const found = newestFolder();
  if (found) return found;
  if (process.getuid?.() !== 0) throw missing('');
  console.log(`PostgreSQL is not installed; running: apt-get install -y postgresql-${WANTED_MAJOR}`);
  await install();
  const installed = newestFolder();
  if (!installed) throw missing(' (apt-get installed it elsewhere)');
  return installed;
}

function newestFolder(): string | undefined {
  if (!existsSync(DEBIAN_FOLDER)) return undefined;
  const majors = readdirSync(DEBIAN_FOLDER)
    .map(Number)
    .filter((major) => major >= WANTED_MAJOR && existsSync(join(DEBIAN_FOLDER, String(major), 'bin', 'initdb')));
  // The one that the project is tested with, before a newer one.
  const major = majors.includes(WANTED_MAJOR) ? WANTED_MAJOR : Math.max(...majors);
  return majors.length > 0 ? join(DEBIAN_FOLDER, String(major), 'bin') : undefined;
}

async function install(): Promise<void> {
  // Debian's package makes and starts a cluster on port 5432 by itself; nobody asked for that one.
  const folder = '/etc/postgresql-common/createcluster.d';
  const setting = join(folder, 'gatehouse-tests.conf');
  mkdirSync(folder, { recursive: true });
  writeFileSync(setting, 'create_main_cluster = false\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const packages = [
    'install',
    '-y',
    '--no-install-recommends',
    '-o',
    'Dpkg::Options::=--force-confold',
    `postgresql-${WANTED_MAJOR}`,
  ];
  let result = await runCommand('apt-get', packages, { env });
  if (result.code !== 0) {
    await runCommand('apt-get', ['update'], { env });
    result = await runCommand('apt-get', packages, { env });
  }
  rmSync(setting, { force: true });
  if (result.code !== 0) throw missing(`: ${result.stderr.slice(-500)}`);
}

function missing(why: string): Error {
  return new Error(
    `PostgreSQL ${WANTED_MAJOR} is needed for this test and is not there${why}; install it with: apt-get install postgresql-${WANTED_MAJOR}, or set PG_BIN to the folder of its programs`,
  );
}
