import { findWarningsBetween, validateObject, type ResourceObject } from '#resources';
import type { Store } from '#store';
import { existingObject } from '../existing-object.ts';
import { CliFailure } from '../failure.ts';
import { recordAct } from '../record-act.ts';
import { visible, type Terminal } from '../terminal.ts';

/** @throws CliFailure, GatehouseError alreadyExists. */
export async function renameCluster(terminal: Terminal, store: Store, name: string, newName: string): Promise<void> {
  const cluster = await existingObject(store, 'Cluster', name);
  const judged = validateObject({ ...cluster, metadata: { ...cluster.metadata, name: newName } }, terminal.now());
  if (!judged.ok) throw new CliFailure(judged.problems.map(({ path, message }) => `${path} ${message}`));
  await withNewWarnings(terminal, store, () => store.objects.renameCluster(name, newName));
  terminal.out(`cluster/${name} renamed ${newName}`);
  await record(terminal, store, 'update', newName, `gatehouse cluster rename ${name} ${newName}`);
}

/** @throws CliFailure. */
export async function enableCluster(terminal: Terminal, store: Store, name: string, enabled: boolean): Promise<void> {
  const cluster = await existingObject(store, 'Cluster', name);
  const { disabled: _disabled, ...spec } = cluster.spec as { disabled?: boolean };
  const changed: ResourceObject = { ...cluster, spec: enabled ? spec : { ...spec, disabled: true } };
  const after = await store.objects.update(changed, [], cluster.metadata.resourceVersion);
  const unchanged = after.metadata.resourceVersion === cluster.metadata.resourceVersion;
  const verb = enabled ? 'enable' : 'disable';
  terminal.out(`cluster/${name} ${unchanged ? 'unchanged' : `${verb}d`}`);
  if (!unchanged) await record(terminal, store, 'update', name, `gatehouse cluster ${verb}`);
}

/** @throws CliFailure. */
export async function deleteCluster(terminal: Terminal, store: Store, name: string): Promise<void> {
  await existingObject(store, 'Cluster', name);
  await withNewWarnings(terminal, store, () => store.objects.delete('Cluster', name));
  terminal.out(`cluster/${name} deleted`);
  await record(terminal, store, 'delete', name, 'gatehouse cluster delete');
}

/** What it leaves behind is said: another cluster that takes a name takes what names it. */
async function withNewWarnings(terminal: Terminal, store: Store, act: () => Promise<unknown>): Promise<void> {
  const known = new Set(findWarningsBetween((await store.objects.readAll()).objects));
  await act();
  for (const warning of findWarningsBetween((await store.objects.readAll()).objects))
    if (!known.has(warning)) terminal.say(visible(`warning: ${warning}`));
}

async function record(terminal: Terminal, store: Store, verb: string, name: string, reason: string): Promise<void> {
  await recordAct(store, { verb, resource: 'clusters', name, reason }, terminal.now());
}
