import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { readProblems, readYaml, type Problem } from '#resources';
import { canSharePort, checkTogether } from './check-together.ts';
import { CONFIG_KEYS, type ConfigKey } from './config-keys.ts';
import type { Config } from './config.ts';
import { hideSecrets } from './print-config.ts';
import { readEnvironment, type Environment } from './read-environment.ts';
import { configSchema } from './schema.ts';

export interface LoadConfigOptions {
  /** Path of gatehouse.yaml. Absent: `gatehouse.yaml` in the working directory, if there is one. */
  readonly file?: string | undefined;
  readonly env: Environment;
  readonly workingDirectory?: string;
}

export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      /** The file that was read, if any. */ readonly file: string | undefined;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const DEFAULT_FILE = 'gatehouse.yaml';

/**
 * Reads file and environment (which wins) and reports every problem at once. Relative paths of the file, and defaults,
 * are taken from the file's folder, so that the gateway and `bin/gatehouse` agree wherever they are started;
 * those of the environment from the working directory. No value of a secret ever stands in a problem.
 */
export function loadConfig(options: LoadConfigOptions): LoadedConfig {
  const workingDirectory = options.workingDirectory ?? process.cwd();
  const read = readFile(options.file, workingDirectory);
  const environment = readEnvironment(options.env);
  const input = structuredClone(read.values);
  for (const [key, value] of environment.values) setAt(input, key.split('.'), value);

  const problems: Problem[] = [...read.problems, ...environment.problems];
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) problems.push(...readProblems(parsed.error, configSchema, input));
  // What is wrong in one key must not hide what is wrong between others: judge those with the faulty ones at their default.
  const usable = parsed.success ? parsed.data : configSchema.safeParse(withoutFaults(input, parsed.error.issues)).data;
  const folder = read.file === undefined ? workingDirectory : dirname(read.file);
  const config = usable && finish(usable, (key) => (environment.values.has(key) ? workingDirectory : folder));
  if (config)
    problems.push(
      ...checkTogether(config).filter(({ path }) => !problems.some((other) => other.path.startsWith(path))),
    );
  if (problems.length > 0 || !config)
    return {
      ok: false,
      problems: problems.map(({ path, message }) => ({ path: inWordsOf(path, environment.values), message })),
    };
  return { ok: true, config: hideSecrets(config), file: read.file };
}

/** The input without the keys that have a fault of their own. */
function withoutFaults(
  input: object,
  issues: readonly { readonly path: readonly PropertyKey[]; readonly keys?: readonly string[] }[],
): object {
  const copy = structuredClone(input);
  for (const issue of issues) {
    for (const key of issue.keys ?? [undefined])
      removeAt(copy as Record<string, unknown>, (key === undefined ? issue.path : [...issue.path, key]).map(String));
  }
  return copy;
}

function removeAt(target: Record<string, unknown>, [head, ...rest]: readonly string[]): void {
  if (head === undefined) return;
  const inner = target[head];
  if (rest.length > 0 && typeof inner === 'object' && inner !== null && !Array.isArray(inner))
    removeAt(inner as Record<string, unknown>, rest);
  else delete target[head];
}

interface ReadFile {
  readonly file: string | undefined;
  readonly values: Record<string, unknown>;
  readonly problems: Problem[];
}

function readFile(file: string | undefined, workingDirectory: string): ReadFile {
  const path = resolve(workingDirectory, file ?? DEFAULT_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const absent = file === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT';
    return {
      file: undefined,
      values: {},
      problems: absent
        ? []
        : [{ path, message: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})` }],
    };
  }
  const yaml = readYaml(text);
  if (yaml.problems.length > 0)
    return {
      file: path,
      values: {},
      problems: yaml.problems.map(({ line, message }) => ({ path: `${path}:${line}`, message })),
    };
  if (yaml.documents.length > 1)
    return { file: path, values: {}, problems: [{ path, message: 'must be one document' }] };
  const values: unknown = yaml.documents[0]?.value ?? {};
  if (typeof values !== 'object' || Array.isArray(values))
    return { file: path, values: {}, problems: [{ path, message: 'must be a map of keys' }] };
  const problems = CONFIG_KEYS.filter(
    (key) => key.environmentOnly && key.path.length === 1 && key.key in (values as object),
  ).map((key) => ({ path: key.key, message: `must not stand in the file; give it as ${key.variable}` }));
  return { file: path, values: values as Record<string, unknown>, problems };
}

function setAt(target: Record<string, unknown>, [head = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) return void (target[head] = value);
  const inner = target[head];
  // A scalar where a map belongs is a problem of the file, and stays one.
  if (inner !== undefined && inner !== null && (typeof inner !== 'object' || Array.isArray(inner))) return;
  setAt((target[head] = (inner ?? {}) as Record<string, unknown>), rest, value);
}

/** A value that came from a variable is reported under the variable's name. */
function inWordsOf(path: string, fromEnvironment: ReadonlyMap<string, unknown>): string {
  const [key = ''] = path.split('[', 1);
  return fromEnvironment.has(key) ? (CONFIG_KEYS.find((entry) => entry.key === key)?.variable ?? path) : path;
}

function finish(parsed: ReturnType<typeof configSchema.parse>, folderFor: (key: string) => string): Config {
  const config = {
    ...structuredClone(parsed),
    externalUrl: externalUrlOf(parsed),
    workers: parsed.workers ?? defaultWorkers(),
  };
  for (const key of CONFIG_KEYS) if (key.pathKind) resolvePath(config, key, folderFor(key.key));
  return config;
}

function resolvePath(config: object, key: ConfigKey, folder: string): void {
  const holder = key.path
    .slice(0, -1)
    .reduce<Record<string, unknown>>(
      (value, part) => value[part] as Record<string, unknown>,
      config as Record<string, unknown>,
    );
  const last = key.path.at(-1) as string;
  if (typeof holder[last] === 'string') holder[last] = resolve(folder, holder[last]);
}

/** As many as there are cores for this process, which may be fewer than the machine has. */
const defaultWorkers = (): number => (canSharePort ? Math.min(availableParallelism(), 256) : 1);

function externalUrlOf({ externalUrl, listen, tls }: ReturnType<typeof configSchema.parse>): string {
  if (externalUrl !== undefined)
    return URL.canParse(externalUrl) &&
      new URL(externalUrl).pathname === '/' &&
      !/[?#]/.test(externalUrl) &&
      !new URL(externalUrl).username
      ? new URL(externalUrl).origin
      : externalUrl;
  const everywhere = listen.host === '0.0.0.0' || listen.host === '::';
  const host = everywhere
    ? '127.0.0.1'
    : listen.host.includes(':') && !listen.host.startsWith('[')
      ? `[${listen.host}]`
      : listen.host;
  return new URL(`${tls.disabled ? 'http' : 'https'}://${host}:${listen.port}`).origin;
}
