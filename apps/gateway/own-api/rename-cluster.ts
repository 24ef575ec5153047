import { z } from 'zod';
import { GatehouseError } from '#errors';
import type { OwnApiAnswer, OwnApiRequest } from '#pipeline';
import { findWarningsBetween, validateObject } from '#resources';
import type { OwnApiPorts } from './ports.ts';
import { readBody } from './read-body.ts';
import { changed, existing, json } from './serve-objects.ts';

const renameSchema = z.looseObject({ spec: z.strictObject({ name: z.string() }) });

/**
 * `clusters/<name>/rename` (create), body `{"kind": "ClusterRename", "spec": {"name": …}}`: answers the Cluster by its
 * new name. Mappings, access rules, stored and access tokens go along; streams that are open by the old name end.
 */
export async function renameCluster(request: OwnApiRequest, ports: OwnApiPorts): Promise<OwnApiAnswer> {
  const { verb, name } = request.info;
  if (verb !== 'create') throw new GatehouseError('badMethod', 'a rename can only be created');
  const read = renameSchema.safeParse(await readBody(request));
  if (!read.success) throw new GatehouseError('invalid', 'the body must be {"spec": {"name": "<new name>"}}');
  const before = await existing('Cluster', name, ports);
  const newName = read.data.spec.name;
  const judged = validateObject({ ...before, metadata: { ...before.metadata, name: newName } });
  if (!judged.ok)
    throw new GatehouseError('invalid', judged.problems.map(({ path, message }) => `${path} ${message}`).join('; '));
  const known = new Set(findWarningsBetween((await ports.objects.readAll()).objects));
  const renamed = await ports.objects.renameCluster(name, newName);
  await ports.applied();
  const after = findWarningsBetween((await ports.objects.readAll()).objects);
  return {
    ...json(200, renamed, { ...changed('rename', renamed), formerly: name }),
    warnings: after.filter((warning) => !known.has(warning)),
  };
}
