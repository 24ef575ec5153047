import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { findProgram } from './find-program.ts';
import type { Outcome } from './outcome.ts';

/** Program -> the Debian packages that it needs, apart by spaces; the first carries it. */
export type DebianPackages = Readonly<Record<string, string>>;

/** What the tests start. */
const TESTS: DebianPackages = {
  chromium: 'chromium',
  initdb: 'postgresql',
  curl: 'curl',
  openssl: 'openssl',
  wrk: 'wrk',
  haproxy: 'haproxy',
  java: 'openjdk-17-jre-headless',
  mvn: 'maven',
  unzip: 'unzip',
  sqlite3: 'sqlite3',
  cc: 'gcc libc6-dev',
};

/** Installs what is missing where it may (root, apt-get); elsewhere says what to install. Only a lack counts. */
export function installDebianPackages(programs: DebianPackages = TESTS): Outcome {
  const missing = (): string[] => Object.keys(programs).filter((program) => findProgram(program) === undefined);
  const packages = [...new Set(missing().flatMap((program) => (programs[program] ?? program).split(' ')))];
  if (packages.length > 0) install(packages);
  const problems = missing().map((program) => `${program} is missing: install the package ${programs[program]}`);
  return { name: 'packages', passed: 0, failed: problems.length, problems };
}

function install(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || findProgram('apt-get') === undefined) {
    console.log(`missing: ${packages.join(' ')}. On Debian: sudo apt-get install ${packages.join(' ')}`);
    return;
  }
  console.log(`installing Debian packages: ${packages.join(' ')} …`);
  if (packages.includes('postgresql')) preventDefaultCluster();
  aptGet(['update', '-q']);
  aptGet(['install', '-q', '-y', '--no-install-recommends', ...packages]);
}

/** The tests start servers of their own; the package must not leave one running on port 5432. */
function preventDefaultCluster(): void {
  const file = '/etc/postgresql-common/createcluster.conf';
  if (existsSync(file)) return;
  mkdirSync('/etc/postgresql-common', { recursive: true });
  writeFileSync(file, 'create_main_cluster = false\n');
}

function aptGet(args: readonly string[]): void {
  spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=600', '-o', 'Dpkg::Options::=--force-confold', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
