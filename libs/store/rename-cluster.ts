import { In, type EntityManager } from 'typeorm';
import { GatehouseError } from '#errors';
import type { Narrowing } from '#model';
import type { Database } from './database.ts';
import { AccessTokenEntity } from './entities/access-token.ts';
import { ObjectEntity, type ObjectRow } from './entities/object.ts';
import { StoredTokenEntity } from './entities/stored-token.ts';
import { bumpRevision } from './revision.ts';

interface Parts {
  readonly database: Database;
  now(): number;
}

/**
 * Renames a Cluster within a transaction that holds the revision. Whatever names it goes along, else a rename would take
 * everybody's access, and the old name, given to another cluster, would hand it over.
 */
export async function renameCluster(
  { database, now }: Parts,
  manager: EntityManager,
  cluster: ObjectRow,
  newName: string,
): Promise<ObjectRow> {
  if (await manager.existsBy(ObjectEntity, { kind: 'Cluster', name: newName }))
    throw new GatehouseError('alreadyExists', `Cluster "${newName}" exists already`);
  const { name } = cluster;
  const resourceVersion = await bumpRevision(database, manager);
  const changed = { resourceVersion, updatedAtMs: now() };
  const renamed: ObjectRow = { ...cluster, ...changed, name: newName, generation: cluster.generation + 1 };
  await manager.update(
    ObjectEntity,
    { uid: cluster.uid },
    { ...changed, name: newName, generation: renamed.generation },
  );
  for (const row of await manager.findBy(ObjectEntity, { kind: In(['Mapping', 'AccessRule']) })) {
    const spec = row.spec as { clusters?: string[] };
    if (!spec.clusters?.includes(name)) continue;
    const clusters = replaceName(spec.clusters, name, newName);
    const { uid, generation } = row;
    await manager.update(
      ObjectEntity,
      { uid },
      { ...changed, generation: generation + 1, spec: { ...spec, clusters } },
    );
  }
  await manager.update(StoredTokenEntity, { cluster: name }, { cluster: newName });
  for (const { id, narrowing } of await manager.find(AccessTokenEntity, { select: { id: true, narrowing: true } })) {
    const { clusters } = narrowing as Narrowing;
    if (clusters?.includes(name))
      await manager.update(
        AccessTokenEntity,
        { id },
        { narrowing: { ...narrowing, clusters: replaceName(clusters, name, newName) } },
      );
  }
  return renamed;
}

const replaceName = (names: readonly string[], name: string, newName: string): string[] => [
  ...new Set(names.map((each) => (each === name ? newName : each))),
];
