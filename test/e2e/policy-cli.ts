import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { isDiscovery } from '#advice';
import { parseRequest } from '#kube';
import { tryCli, type CliResult } from '../demo/run-cli.ts';
import type { PersonName } from '../demo/start-demo-gateway.ts';
import { kubectl } from './run-kubectl.ts';
import { gatewayOn, world } from './world.ts';

export const gateway = gatewayOn('sqlite');
/** `bin/gatehouse policy …` beside the gateway on SQLite. */
export const policy = async (args: readonly string[], input = ''): Promise<CliResult> =>
  await tryCli(['policy', ...args], gateway.environment, input);
export const explain = async (words: string, options = ''): Promise<CliResult> =>
  await policy([
    'explain',
    ...options.split(' ').filter(Boolean),
    '--kubectl',
    world().kubectlPath,
    '--',
    ...words.split(' '),
  ]);
/** kubectl through the gateway; answers its exit code. */
export const as = async (person: PersonName, args: string, input = ''): Promise<number> =>
  (await kubectl(gateway.people[person].kubeconfig, args.split(' '), { input })).code;
export const file = (name: string, content: string): string => {
  const path = join(world().directory, name);
  writeFileSync(path, content);
  return path;
};
export const accessRule = (name: string, group: string, rules: string): string =>
  `apiVersion: gatehouse.dev/v1alpha1\nkind: AccessRule\nmetadata: { name: ${name} }\nspec: { subjects: [{ issuer: demo, group: '${group}' }], clusters: [demo], rules: [${rules}] }\n`;

/** What rules can tell apart; names that only the cluster knows stand for each other. */
export function shapeOf(method: string, target: string): string {
  const parsed = parseRequest(method, target);
  if (!parsed.ok) throw new Error(`${method} ${target}: ${parsed.message}`);
  const { verb, rawPath, name } = parsed.request;
  return `${verb} ${rawPath}${rawPath.includes(name) ? '' : ` ${name}`}`;
}

/** What a person sent, as the audit log has it, but for discovery. */
export async function requestsSince(
  sinceMs: number,
  user: string,
): Promise<{ request: string; allowed: boolean; atMs: number }[]> {
  const since = new Date(sinceMs).toISOString();
  const { stdout } = await tryCli(
    ['audit', 'list', '--since', since, '--user', user, '-o', 'json'],
    gateway.environment,
  );
  const { items } = JSON.parse(stdout) as {
    items: { requestURI: string; requestReceivedTimestamp: string; annotations: Record<string, string> }[];
  };
  return items.flatMap(({ requestURI, requestReceivedTimestamp, annotations }) => {
    const method = annotations['gatehouse.dev/method'] ?? '';
    const target = requestURI.replace('/clusters/demo', '');
    if (isDiscovery({ method, target })) return [];
    const allowed = annotations['gatehouse.dev/decision'] === 'allow';
    return [{ request: `${method} ${shapeOf(method, target)}`, allowed, atMs: Date.parse(requestReceivedTimestamp) }];
  });
}

/** Waits until it holds: the log is written in batches, and the cluster's rights reach it a moment later. */
export const soon = async <T>(act: () => Promise<T>): Promise<T> =>
  await vi.waitFor(act, { timeout: 20_000, interval: 200 });
