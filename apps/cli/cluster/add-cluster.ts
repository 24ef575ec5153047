import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import type { Config } from '#config';
import {
  API_VERSION,
  findWarningsBetween,
  saveObject,
  splitSecrets,
  validateObject,
  type ResourceObject,
} from '#resources';
import type { Store } from '#store';
import { CliFailure } from '../failure.ts';
import { recordAct } from '../record-act.ts';
import { visible, type Terminal } from '../terminal.ts';
import { askHealth } from './ask-health.ts';
import { describeHealth } from './describe-health.ts';

export interface AddOptions {
  readonly kubeconfig: string;
  readonly context?: string;
  readonly name?: string;
  readonly default?: boolean;
  readonly replace?: boolean;
}

/** Registers a Cluster from a kubeconfig and asks it how it is. @throws CliFailure with every reason to refuse it. */
export async function addClusterFromKubeconfig(
  terminal: Terminal,
  config: Config,
  store: Store,
  options: AddOptions,
): Promise<void> {
  const kubeconfig = await readKubeconfig(terminal, options.kubeconfig);
  const context = options.context ?? currentContextOf(kubeconfig);
  const name = options.name ?? context ?? '';
  const before = await store.objects.get('Cluster', name);
  if (before && !options.replace)
    throw new CliFailure(
      `Cluster ${JSON.stringify(name)} exists already; give another --name, or --replace to give it this server, CA and credential`,
    );
  const { labels, annotations } = before?.metadata ?? {};
  const kept = before?.spec as { default?: boolean; disabled?: boolean } | undefined;
  const judged = validateObject(
    {
      apiVersion: API_VERSION,
      kind: 'Cluster',
      metadata: { name, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
      spec: {
        ...(options.default || kept?.default ? { default: true } : {}),
        ...(kept?.disabled ? { disabled: true } : {}),
        credential: { kubeconfig, ...(context === undefined ? {} : { context }) },
      },
    },
    terminal.now(),
  );
  if (!judged.ok)
    throw new CliFailure(judged.problems.map(({ path, message }) => visible(explain(path, message, options))));
  const warnings = [...judged.warnings, ...(await newWarnings(store, judged.object))];
  const outcome = await saveObject(judged.object, store.objects);
  for (const warning of warnings) terminal.say(visible(`warning: ${warning}`));
  terminal.out(`cluster/${name} ${outcome}`);
  if (outcome !== 'unchanged')
    await recordAct(
      store,
      {
        verb: outcome === 'created' ? 'create' : 'update',
        resource: 'clusters',
        name,
        reason: 'gatehouse cluster add',
      },
      terminal.now(),
    );
  const saved = await store.objects.get('Cluster', name);
  if (saved) for (const line of describeHealth(await askHealth(config, store, saved))) terminal.say(visible(line));
}

/** In the words of who has a kubeconfig before them, not a Cluster. */
function explain(path: string, message: string, { kubeconfig, name }: AddOptions): string {
  if (path === 'metadata.name')
    return `the name ${message}${name === undefined ? ' (it is the context’s; give another by --name)' : ''}`;
  const field =
    path.startsWith('spec.credential.kubeconfig') || path === 'spec' ? '' : `${path.replace(/^spec\./, '')} `;
  return `${kubeconfig === '-' ? 'the kubeconfig' : kubeconfig}: ${field}${message}`;
}

async function readKubeconfig({ stdin }: Terminal, file: string): Promise<string> {
  if (file === '-') return await text(stdin);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}

/** What is wrong with the file is said by whoever reads all of it. */
function currentContextOf(kubeconfig: string): string | undefined {
  try {
    const current = (parse(kubeconfig, { maxAliasCount: 0 }) as { 'current-context'?: unknown })['current-context'];
    return typeof current === 'string' && current !== '' ? current : undefined;
  } catch {
    return undefined;
  }
}

async function newWarnings(store: Store, added: ResourceObject): Promise<string[]> {
  const { objects } = await store.objects.readAll();
  const known = new Set(findWarningsBetween(objects));
  const others = objects.filter(({ kind, metadata }) => kind !== 'Cluster' || metadata.name !== added.metadata.name);
  return findWarningsBetween([...others, splitSecrets(added).object]).filter((warning) => !known.has(warning));
}
