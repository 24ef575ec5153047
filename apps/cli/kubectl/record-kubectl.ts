import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findForeignFlag, isDiscovery, type KnownKind } from '#advice';
import { CliFailure } from '../failure.ts';
import { readHints } from './fake-objects.ts';
import { startFakeApiServer, type FakeApiServer, type RecordedRequest } from './fake-api-server.ts';

export interface RecordKubectlOptions {
  /** Path of the program. */
  readonly kubectl: string;
  /** Without `kubectl` itself. */
  readonly args: readonly string[];
  readonly kinds: readonly KnownKind[];
  readonly exists: boolean;
}

export interface RecordedCommand {
  readonly requests: readonly RecordedRequest[];
  /** What kubectl said where it gave up: what it would have sent after that is not known. */
  readonly gaveUp: string | undefined;
}

/** A command that waits for something would wait for ever: nothing ever changes here. */
const IDLE_MS = 1500;
const LONGEST_MS = 20_000;

/**
 * Runs the real kubectl against an API server that does nothing, and answers which requests it makes. It gets a
 * configuration, a home and a PATH of its own, so that neither its own settings nor a plugin lead anywhere else; flags
 * that would are refused.
 * @throws CliFailure where kubectl does not take the command.
 */
export async function recordKubectl({ kubectl, args, kinds, exists }: RecordKubectlOptions): Promise<RecordedCommand> {
  const foreign = findForeignFlag(args);
  if (foreign !== undefined)
    throw new CliFailure(`leave ${foreign} out: the command is not run, it is only asked about`);
  const server = await startFakeApiServer({ kinds, exists, hints: readHints(args) });
  const home = mkdtempSync(join(tmpdir(), 'gatehouse-explain-'));
  try {
    const { code, said } = await runToItsEnd(kubectl, args, home, server);
    const requests = [...server.requests];
    const gaveUp = code !== 0 && !requests.some(({ upgrade }) => upgrade) ? firstLine(said) : undefined;
    if (gaveUp !== undefined && requests.every(isDiscovery))
      throw new CliFailure(`kubectl does not take this command: ${gaveUp}`);
    return { requests, gaveUp };
  } finally {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** @returns code 0 also where it had to be stopped: it was waiting. */
async function runToItsEnd(
  kubectl: string,
  args: readonly string[],
  home: string,
  server: FakeApiServer,
): Promise<{ code: number; said: string }> {
  const kubeconfig = join(home, 'config');
  writeFileSync(kubeconfig, kubeconfigFor(server.url), { mode: 0o600 });
  const editor = join(home, 'edit');
  writeFileSync(editor, EDITOR, { mode: 0o700 });
  const child = spawn(kubectl, [...args], {
    env: { HOME: home, KUBECONFIG: kubeconfig, PATH: home, KUBE_EDITOR: editor, KUBERC: 'off' },
    stdio: [args.includes('-') ? 'inherit' : 'ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  let stopped = false;
  let seen = 0;
  const startedAt = Date.now();
  const watch = setInterval(() => {
    const different = new Set(server.requests.map(({ method, target }) => `${method} ${target.split('?')[0]}`)).size;
    if ((different > 0 && different === seen) || Date.now() - startedAt > LONGEST_MS) stopped = child.kill('SIGKILL');
    seen = different;
  }, IDLE_MS);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) =>
        reject(new CliFailure(`${kubectl} cannot be run (${error.code ?? 'error'})`)),
      );
      child.once('close', (exit) => resolve(exit ?? 1));
    });
    return { code: stopped ? 0 : code, said };
  } finally {
    clearInterval(watch);
  }
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

/** `kubectl edit` sends something only where something was changed. */
const EDITOR = `#!${process.execPath}
const fs = require('node:fs');
const file = process.argv.at(-1);
fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('labels:\\n', 'labels:\\n    edited: "true"\\n'));
`;

const kubeconfigFor = (server: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'x',
    clusters: [{ name: 'x', cluster: { server } }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
    users: [{ name: 'x', user: {} }],
  });
