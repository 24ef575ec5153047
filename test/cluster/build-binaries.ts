// The parts of the control plane come from the Go module proxy and are built
// once into a cache outside the checkout, keyed by everything that decides
// their content. Published binaries (KUBEBUILDER_ASSETS) are preferred where
// somebody has them.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hashSources } from './hash-sources.ts';
import { holdLock } from './hold-lock.ts';
import { sourceDirectory as moduleDirectory } from './locate-sources.ts';

export type Part = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kubectl' | 'kwok' | 'kubelet';

/** Path of each part's executable. */
export type Binaries = Record<Part, string>;

export type Log = (line: string) => void;

// Cheap ones first, so that a broken toolchain is noticed early.
const packages: Record<Part, string> = {
  etcd: './etcd',
  kubelet: './kubelet',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  kwok: 'sigs.k8s.io/kwok/cmd/kwok',
};
const parts = Object.keys(packages) as Part[];

/** The folder for binaries and process records: GATEHOUSE_CACHE, else the user's cache folder. */
export function cacheDirectory(): string {
  const { GATEHOUSE_CACHE, XDG_CACHE_HOME } = process.env;
  return GATEHOUSE_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'gatehouse');
}

/** Finds or builds every part. Throws an Error that says what to install where it cannot. */
export async function buildBinaries(log: Log): Promise<Binaries> {
  const found = findAssets();
  const missing = parts.filter((part) => !(part in found));
  const go = readGoVersion();
  const directory = chooseDirectory(go);
  for (const part of missing) {
    const path = join(directory ?? '', part);
    if (directory && existsSync(path)) found[part] = path;
  }
  const toBuild = missing.filter((part) => !(part in found));
  if (toBuild.length === 0) return found as Binaries;
  if (directory === undefined || !isRecentEnough(go)) throw new Error(explainGo(go, toBuild));

  mkdirSync(directory, { recursive: true });
  await holdLock(
    join(directory, 'lock'),
    (owner, seconds) => {
      if (seconds % 15 === 0) log(`waiting for process ${owner}, which is building the same parts … ${seconds} s`);
    },
    async () => {
      log(`building ${toBuild.join(', ')} with ${go} (once; some minutes)`);
      for (const part of toBuild) {
        const path = join(directory, part);
        if (!existsSync(path)) await build(part, path, log);
        found[part] = path;
      }
    },
  );
  return found as Binaries;
}

function findAssets(): Partial<Binaries> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  const found: Partial<Binaries> = {};
  if (!assets) return found;
  for (const part of parts) {
    // "kubelet" is our own program of that role, never the real one.
    const path = join(assets, part);
    if (part !== 'kubelet' && existsSync(path)) found[part] = path;
  }
  return found;
}

function readGoVersion(): string | undefined {
  const answer = spawnSync('go', ['env', 'GOVERSION'], { cwd: moduleDirectory, encoding: 'utf8' });
  return answer.status === 0 ? answer.stdout.trim() : undefined;
}

function isRecentEnough(version: string | undefined): boolean {
  const match = /^go(\d+)\.(\d+)/.exec(version ?? '');
  return match !== null && (Number(match[1]) > 1 || Number(match[2]) >= 26);
}

function explainGo(version: string | undefined, missing: Part[]): string {
  const state = version ? `this machine's Go is ${version}` : 'there is no working `go` command on this machine';
  return [
    `${missing.join(', ')} must be built, which needs Go 1.26 or newer, but ${state}.`,
    'Install Go from https://go.dev/doc/install (or your distribution), make sure that `go version` works, and try again.',
    'Published etcd, kube-apiserver and kubectl are used where KUBEBUILDER_ASSETS names their folder.',
  ].join('\n');
}

/** Without Go, binaries that any Go built from these very sources still serve. */
function chooseDirectory(go: string | undefined): string | undefined {
  const root = join(cacheDirectory(), 'bin');
  const hash = hashParts();
  if (go) return join(root, `${hash}-${go.replaceAll(/[^\w.-]/g, '_')}`);
  if (!existsSync(root)) return undefined;
  const name = readdirSync(root).find((entry) => entry.startsWith(`${hash}-`));
  return name && join(root, name);
}

function hashParts(): string {
  return hashSources(['etcd', 'kubelet'], linkerFlags());
}

/** Module builds carry no version, and kubectl refuses to talk to a server whose version it cannot parse. */
function linkerFlags(): string {
  const goMod = readFileSync(join(moduleDirectory, 'go.mod'), 'utf8');
  const version = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\S*)/.exec(goMod);
  if (version === null) throw new Error('go.mod does not require k8s.io/kubernetes');
  const [, full, major, minor] = version;
  const values = {
    gitVersion: full,
    gitMajor: major,
    gitMinor: minor,
    gitCommit: 'unknown',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
  };
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((name) =>
    Object.entries(values).map(([key, value]) => `-X ${name}.${key}=${value}`),
  );
  return ['-s', '-w', ...flags].join(' ');
}

async function build(part: Part, path: string, log: Log): Promise<void> {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const draft = `${path}.${process.pid}.tmp`;
  log(`building ${part} …`);
  const timer = setInterval(() => log(`building ${part} … ${seconds()} s`), 10_000);
  const child = spawn(
    'go',
    ['build', '-trimpath', '-buildvcs=false', '-ldflags', linkerFlags(), '-o', draft, packages[part]],
    {
      cwd: moduleDirectory,
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
    throw new Error(`go build ${packages[part]} failed (exit code ${code}):\n${errors}`);
  }
  renameSync(draft, path);
  log(`built ${part} in ${seconds()} s`);
}
