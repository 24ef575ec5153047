/** Compiles the gateway and bundles the console into `dist/`, when their sources are not what was built last. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['apps', 'libs', 'migrations', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
const LEFT_OUT = /(^|[/\\])(node_modules|dist)$|[.]test[.]tsx?$/;
const OUTPUTS = ['dist/apps', 'dist/libs', 'dist/migrations'];

function* filesUnder(root, path) {
  if (LEFT_OUT.test(path)) return;
  const entries = readdirSync(join(root, path), { withFileTypes: true }).sort(byName);
  for (const entry of entries) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory()) yield* filesUnder(root, inner);
    else if (!LEFT_OUT.test(inner)) yield inner;
  }
}

const byName = (a, b) => (a.name < b.name ? -1 : 1);

/** SHA-256 over names and contents: a checkout or a touch that changes no byte builds nothing. */
function hashSources(root) {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    if (!existsSync(join(root, source))) continue;
    const files = source.includes('.') ? [source] : filesUnder(root, source);
    for (const file of files)
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(root, file)))
        .update('\0');
  }
  return hash.digest('hex');
}

/** @returns {boolean} false when the build failed; `dist/` is then marked as not built */
export function buildWhenStale({ root, node, env, say }) {
  const stamp = join(root, 'dist', '.built-from');
  const wanted = hashSources(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;

  rmSync(stamp, { force: true });
  for (const output of OUTPUTS) rmSync(join(root, output), { recursive: true, force: true });
  const steps = [
    ['compiling the gateway', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']],
    ['bundling the console', ['node_modules/vite/bin/vite.js', 'build', 'apps/console', '--logLevel', 'warn']],
  ];
  for (const [title, args] of steps) {
    say(`${title} …`);
    if (spawnSync(node, args, { cwd: root, env, stdio: ['ignore', 2, 2] }).status !== 0) return false;
  }
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, wanted);
  return true;
}
