/**
 * The way in for `npm start`, `npm run demo`, `npm test`, `npm run test:long`, `npm run bench`, `npm run soak`, `npm run check` and `npm run build`, so that
 * each of them works on a fresh clone. It is plain JavaScript for the host's Node (20 or newer): the
 * pinned Node that everything else runs on arrives with `npm ci`, which is the first thing done here.
 *
 *   node scripts/bootstrap.mjs <target> [arguments for the target]
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWhenStale } from './build-when-stale.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, 'node_modules', '.bin');
const OLDEST_NODE = 24;

/** What each target runs, and whether it needs `dist/` first. Sources run with the condition `source`. */
const TARGETS = {
  install: { build: false },
  build: { build: true },
  start: { build: true, run: ['dist/apps/gateway/main.js'] },
  demo: { build: true, run: ['--conditions=source', 'scripts/demo.ts'] },
  test: { build: true, run: ['--conditions=source', 'scripts/test.ts'] },
  'test:long': { build: true, run: ['--conditions=source', 'scripts/test.ts', 'long'] },
  bench: { build: true, run: ['--conditions=source', 'test/bench/main.ts'] },
  soak: { build: true, run: ['--conditions=source', 'scripts/soak.ts'] },
  check: { build: false, run: ['--conditions=source', 'scripts/check.ts'] },
  fuzz: { build: false, run: ['--conditions=source', 'scripts/fuzz.ts'] },
};

const say = (text) => process.stderr.write(`gatehouse: ${text}\n`);

function fail(text) {
  say(text);
  process.exit(1);
}

/**
 * True when what is installed is not what the lockfile names. npm's own record of what it installed is
 * compared by content: times change with every checkout, and a needless `npm ci` takes minutes.
 */
function installIsStale() {
  const record = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return true;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).some(([path, { version, optional, devOptional, link }]) => {
    if (path === '' || link) return false;
    const found = installed[path];
    return found === undefined ? !(optional || devOptional) : found.version !== version;
  });
}

/** npm runs on the host's Node: `npm ci` deletes the pinned one while it works. */
function install() {
  say('installing the dependencies that package-lock.json names (npm ci) …');
  const path = (process.env.PATH ?? '').split(delimiter).filter((part) => !part.endsWith(join('node_modules', '.bin')));
  const npm = spawnSync('npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'], {
    cwd: ROOT,
    // also under `npm --silent`, the reason of a failure must be seen
    env: { ...process.env, PATH: path.join(delimiter), npm_config_loglevel: 'notice' },
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.error) fail(`npm cannot be started: ${npm.error.message}`);
  if (npm.status !== 0) fail(`npm ci failed (exit code ${npm.status ?? npm.signal}); its own lines above say why`);
  if (installIsStale()) fail('npm ci has not installed what package-lock.json names; is package.json in step with it?');
}

/** The Node that the lockfile pins; where no package carries one for this platform, the host's, if new enough. */
function findNode() {
  const pinned = join(BIN, process.platform === 'win32' ? 'node.cmd' : 'node');
  if (existsSync(pinned)) {
    const shell = process.platform === 'win32';
    const answer = spawnSync(pinned, ['-p', 'process.execPath'], { encoding: 'utf8', shell });
    if (answer.status === 0) return answer.stdout.trim();
  }
  if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) return process.execPath;
  return fail(
    `there is no pinned Node for ${process.platform}-${process.arch}, and the host's ${process.version} is too old: install Node ${OLDEST_NODE} or newer`,
  );
}

/**
 * Runs the target and ends as it ends. It gets a process group of its own, because a terminal sends
 * Ctrl-C to the whole group and npm sends it once more: the target would see two or three, and the
 * second usually means "stop at once, clean up nothing". One signal is passed on for each burst.
 *
 * `kill <pid of npm>` reaches npm and the shell between us, and that shell dies without telling
 * anybody: under npm, a new parent means that nobody waits for the target any more.
 */
function run(node, args, env) {
  const child = spawn(node, args, { cwd: ROOT, env, stdio: 'inherit', detached: process.platform !== 'win32' });
  let lastSignalAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const now = Date.now();
      if (now - lastSignalAt < 1000) return;
      lastSignalAt = now;
      child.kill(signal);
    });
  }
  if (process.env.npm_lifecycle_event !== undefined) {
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      child.kill('SIGTERM');
    }, 500);
  }
  child.on('error', (error) => fail(`${node} cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

const [name = '', ...rest] = process.argv.slice(2);
const target = Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;
if (target === undefined) fail(`unknown target "${name}"; there are ${Object.keys(TARGETS).join(', ')}`);

if (installIsStale()) install();
const node = findNode();
const env = { ...process.env, PATH: [BIN, process.env.PATH ?? ''].join(delimiter) };
if (target.build && !buildWhenStale({ root: ROOT, node, env, say }))
  fail('the build failed; the lines above say where');
if (target.run) run(node, [...target.run, ...rest], env);
