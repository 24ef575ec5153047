import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from 'typeorm';
import { GatehouseError } from '#errors';
import { splitSecrets, type ObjectStore, type ResourceObject, type SplitSecret } from '#resources';
import type { Database } from './database.ts';
import { ObjectEntity, type ObjectRow } from './entities/object.ts';
import { StoredTokenEntity } from './entities/stored-token.ts';
import { fromObjectRow } from './object-row.ts';
import { renameCluster } from './rename-cluster.ts';
import { replaceSecrets } from './replace-secrets.ts';
import { bumpRevision, lockRevision, readRevision } from './revision.ts';
import type { RevisionWatcher } from './revision-watcher.ts';
import type { Sealer } from './sealer.ts';
import { suspendOtherBindings } from './stored-token-store.ts';

export interface ObjectStoreParts {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly watcher: RevisionWatcher;
  now(): number;
}

/**
 * Objects with Kubernetes' semantics: `uid` for life, `resourceVersion` the revision of the last change, `generation`
 * one more for each change of spec or secrets, and an update that changes nothing is no change at all.
 */
export function createObjectStore(parts: ObjectStoreParts): ObjectStore {
  const { database, watcher } = parts;
  const change = async <T>(act: (manager: EntityManager) => Promise<T>, judgedOn?: string): Promise<T> => {
    let changedTo: number | undefined;
    const result = await database.transaction(async (manager) => {
      await lockRevision(manager, 'configuration');
      if (judgedOn !== undefined) await requireState(manager, judgedOn);
      const before = await readRevision(manager, 'configuration');
      const answer = await act(manager);
      const after = await readRevision(manager, 'configuration');
      if (after !== before) changedTo = after;
      return answer;
    });
    if (changedTo !== undefined) watcher.learned(changedTo);
    return result;
  };
  return {
    list: (kind) =>
      database.transaction(
        async (manager) => {
          const rows = await manager.findBy(ObjectEntity, { kind });
          return {
            items: rows.map(fromObjectRow).sort(byName),
            revision: await readRevision(manager, 'configuration'),
          };
        },
        { snapshot: true },
      ),
    get: (kind, name) =>
      database.run(async (manager) => {
        const row = await manager.findOneBy(ObjectEntity, { kind, name });
        return row ? fromObjectRow(row) : undefined;
      }),
    create: (object, secrets, judgedOn) => change((manager) => create(parts, manager, object, secrets), judgedOn),
    update: (object, secrets, expected, judgedOn) =>
      change((manager) => update(parts, manager, object, secrets, expected), judgedOn),
    delete: (kind, name, expected, judgedOn) =>
      change((manager) => remove(parts, manager, kind, name, expected), judgedOn),
    renameCluster: (name, newName, expected) =>
      change(async (manager) => {
        const row = await existing(manager, 'Cluster', name, expected);
        return fromObjectRow(await renameCluster(parts, manager, row, newName));
      }),
    revision: () => database.run((manager) => readRevision(manager, 'configuration')),
    readAll: () =>
      database.transaction(
        async (manager) => {
          const revision = await readRevision(manager, 'configuration');
          return { revision, objects: (await manager.find(ObjectEntity)).map(fromObjectRow).sort(byName) };
        },
        { snapshot: true },
      ),
    onChange: (listener) => watcher.onChange(listener),
  };
}

/** As `stateOf`, counted by the database. @throws GatehouseError changedMeanwhile. */
async function requireState(manager: EntityManager, judgedOn: string): Promise<void> {
  const highest = (await manager.maximum(ObjectEntity, 'resourceVersion')) ?? 0;
  if (judgedOn !== `${await manager.count(ObjectEntity)}/${highest}`) throw new GatehouseError('changedMeanwhile');
}

async function create(
  parts: ObjectStoreParts,
  manager: EntityManager,
  object: ResourceObject,
  secrets: readonly SplitSecret[],
): Promise<ResourceObject> {
  const { kind, metadata } = object;
  const { spec, binding } = readSpec(object);
  if (await manager.existsBy(ObjectEntity, { kind, name: metadata.name })) {
    throw new GatehouseError('alreadyExists', `${kind} "${metadata.name}" exists already`);
  }
  const nowMs = parts.now();
  const row: ObjectRow = {
    uid: randomUUID(),
    kind,
    name: metadata.name,
    generation: 1,
    resourceVersion: await bumpRevision(parts.database, manager),
    labels: { ...metadata.labels },
    annotations: { ...metadata.annotations },
    spec,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  await manager.insert(ObjectEntity, row);
  await replaceSecrets(parts, manager, row, undefined, binding, secrets);
  return fromObjectRow(row);
}

async function update(
  parts: ObjectStoreParts,
  manager: EntityManager,
  object: ResourceObject,
  secrets: readonly SplitSecret[],
  expected: string | undefined,
): Promise<ResourceObject> {
  const { kind, metadata } = object;
  const { spec, binding } = readSpec(object);
  const before = await existing(manager, kind, metadata.name, expected);
  if (metadata.uid !== undefined && metadata.uid !== before.uid) {
    throw new GatehouseError(
      'conflict',
      `${kind} "${metadata.name}" is another object than the one that was read (its uid differs); read it again`,
    );
  }
  const row: ObjectRow = { ...before, labels: { ...metadata.labels }, annotations: { ...metadata.annotations }, spec };
  const specChanged = !isDeepStrictEqual(before.spec, spec);
  const secretsChanged = await replaceSecrets(parts, manager, row, before, binding, secrets);
  if (kind === 'Cluster') await suspendOtherBindings(manager, metadata.name, binding);
  const textChanged =
    !isDeepStrictEqual(before.labels, row.labels) || !isDeepStrictEqual(before.annotations, row.annotations);
  if (!specChanged && !secretsChanged && !textChanged) return fromObjectRow(before);

  // A secret is a part of the spec that is kept elsewhere.
  if (specChanged || secretsChanged) row.generation += 1;
  row.resourceVersion = await bumpRevision(parts.database, manager);
  row.updatedAtMs = parts.now();
  const { uid, ...values } = row;
  await manager.update(ObjectEntity, { uid }, values);
  return fromObjectRow(row);
}

async function remove(
  parts: ObjectStoreParts,
  manager: EntityManager,
  kind: string,
  name: string,
  expected: string | undefined,
): Promise<void> {
  const row = await existing(manager, kind, name, expected);
  // Its secrets go with it (ON DELETE CASCADE). Tokens for a cluster that is gone can never be used again.
  await manager.delete(ObjectEntity, { uid: row.uid });
  if (kind === 'Cluster') await manager.delete(StoredTokenEntity, { cluster: name });
  await bumpRevision(parts.database, manager);
}

async function existing(
  manager: EntityManager,
  kind: string,
  name: string,
  expected: string | undefined,
): Promise<ObjectRow> {
  const row = await manager.findOneBy(ObjectEntity, { kind, name });
  if (!row) throw new GatehouseError('notFound', `there is no ${kind} "${name}"`);
  if (expected !== undefined && expected !== String(row.resourceVersion)) {
    throw new GatehouseError(
      'conflict',
      `${kind} "${name}" was changed in between (resourceVersion ${expected} was read, ${row.resourceVersion} is stored); read it again`,
    );
  }
  return row;
}

/** The spec as it will be read back: without undefined members, and never with a secret, even if the caller left one in. */
function readSpec(object: ResourceObject): { spec: object; binding: string } {
  const { object: clean, binding } = splitSecrets(object);
  return { spec: JSON.parse(JSON.stringify(clean.spec)) as object, binding };
}

const byName = (one: ResourceObject, other: ResourceObject): number =>
  one.kind === other.kind ? compare(one.metadata.name, other.metadata.name) : compare(one.kind, other.kind);
/** By code unit, here: databases order text by their own collations. */
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
