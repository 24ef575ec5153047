// Go programs are built once into a cache outside the checkout, keyed by everything that decides their content: the
// module's own sources and requirements, the linker's flags, the platform and Go's version.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hashSources } from './hash-sources.ts';
import { holdLock } from './hold-lock.ts';

export type Log = (line: string) => void;

export interface GoModule<Program extends string> {
  /** The folder of go.mod. */
  readonly directory: string;
  /** Program -> package, cheap ones first, so that a broken toolchain is noticed early. */
  readonly packages: Readonly<Record<Program, string>>;
  readonly linkerFlags: string;
  /** Programs that somebody has already; they are not built. */
  readonly found?: Partial<Record<Program, string>>;
  /** What else the user may do when there is no Go. */
  readonly advice?: string;
}

/** The folder for binaries and process records: GATEHOUSE_CACHE, else the user's cache folder. */
export function cacheDirectory(): string {
  const { GATEHOUSE_CACHE, XDG_CACHE_HOME } = process.env;
  return GATEHOUSE_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'gatehouse');
}

/** Path of each program's executable, built where it is missing. Throws an Error that says what to install where it cannot. */
export async function buildGoPrograms<Program extends string>(
  module: GoModule<Program>,
  log: Log,
): Promise<Record<Program, string>> {
  const found = { ...module.found } as Record<Program, string>;
  const missing = (Object.keys(module.packages) as Program[]).filter((program) => !(program in found));
  const go = readGoVersion(module.directory);
  const directory = chooseDirectory(module, go);
  for (const program of missing) {
    const path = join(directory ?? '', program);
    if (directory && existsSync(path)) found[program] = path;
  }
  const toBuild = missing.filter((program) => !(program in found));
  if (toBuild.length === 0) return found;
  if (directory === undefined || !isRecentEnough(go)) throw new Error(explainGo(go, toBuild, module.advice));

  mkdirSync(directory, { recursive: true });
  await holdLock(
    join(directory, 'lock'),
    (owner, seconds) => {
      if (seconds % 15 === 0) log(`waiting for process ${owner}, which is building the same parts … ${seconds} s`);
    },
    async () => {
      log(`building ${toBuild.join(', ')} with ${go} (once; some minutes)`);
      for (const program of toBuild) {
        const path = join(directory, program);
        if (!existsSync(path)) await build(module, program, path, log);
        found[program] = path;
      }
    },
  );
  return found;
}

function readGoVersion(cwd: string): string | undefined {
  const answer = spawnSync('go', ['env', 'GOVERSION'], { cwd, encoding: 'utf8' });
  return answer.status === 0 ? answer.stdout.trim() : undefined;
}

function isRecentEnough(version: string | undefined): boolean {
  const match = /^go(\d+)\.(\d+)/.exec(version ?? '');
  return match !== null && (Number(match[1]) > 1 || Number(match[2]) >= 26);
}

function explainGo(version: string | undefined, missing: readonly string[], advice: string | undefined): string {
  const state = version ? `this machine's Go is ${version}` : 'there is no working `go` command on this machine';
  return [
    `${missing.join(', ')} must be built, which needs Go 1.26 or newer, but ${state}.`,
    'Install Go from https://go.dev/doc/install (or your distribution), make sure that `go version` works, and try again.',
    ...(advice ? [advice] : []),
  ].join('\n');
}

/** Without Go, binaries that any Go built from these very sources still serve. */
function chooseDirectory(module: GoModule<string>, go: string | undefined): string | undefined {
  const root = join(cacheDirectory(), 'bin');
  const hash = hashModule(module);
  if (go) return join(root, `${hash}-${go.replaceAll(/[^\w.-]/g, '_')}`);
  if (!existsSync(root)) return undefined;
  const name = readdirSync(root).find((entry) => entry.startsWith(`${hash}-`));
  return name && join(root, name);
}

/** Of the module's own folders only those that these programs are built from decide. */
function hashModule({ directory, packages, linkerFlags }: GoModule<string>): string {
  const own = Object.values(packages).filter((path) => path.startsWith('./'));
  return hashSources(
    own.map((path) => path.slice(2)),
    linkerFlags,
    directory,
  );
}

async function build<Program extends string>(
  module: GoModule<Program>,
  program: Program,
  path: string,
  log: Log,
): Promise<void> {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const draft = `${path}.${process.pid}.tmp`;
  const source = module.packages[program];
  log(`building ${program} …`);
  const timer = setInterval(() => log(`building ${program} … ${seconds()} s`), 10_000);
  const child = spawn(
    'go',
    ['build', '-trimpath', '-buildvcs=false', '-ldflags', module.linkerFlags, '-o', draft, source],
    {
      cwd: module.directory,
      env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-8000)));
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => clearInterval(timer));
  if (code !== 0) {
    rmSync(draft, { force: true });
    throw new Error(`go build ${source} failed (exit code ${code}):\n${errors}`);
  }
  renameSync(draft, path);
  log(`built ${program} in ${seconds()} s`);
}
