import { readManifestDirectory, saveObject, type ObjectStore } from '#resources';
import { GatehouseError } from '#errors';
import type { Log } from './log.ts';

/**
 * Applies the manifests of a folder. All of them are validated before the first is written; a bad one refuses the
 * start, since half a configuration may allow what the other half denies.
 * @throws GatehouseError invalid, with every problem.
 */
export async function applyManifestsAtBoot(directory: string, objects: ObjectStore, log: Log): Promise<void> {
  const read = readManifestDirectory(directory);
  if (!read.ok)
    throw new GatehouseError(
      'invalid',
      `manifests in ${directory}: ${read.problems.map((problem) => `${problem.source}: ${problem.path}: ${problem.message}`).join('; ')}`,
    );
  for (const { source, message } of read.warnings) log.warn(`manifest warning: ${message}`, { source });
  for (const object of read.objects) {
    const outcome = await saveObject(object, objects);
    if (outcome !== 'unchanged') log.info(`manifest ${outcome}`, { kind: object.kind, name: object.metadata.name });
  }
}
