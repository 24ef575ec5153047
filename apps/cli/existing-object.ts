import type { ResourceObject } from '#resources';
import type { Store } from '#store';
import { CliFailure } from './failure.ts';

/** @throws CliFailure with the names that there are. */
export async function existingObject(store: Store, kind: string, name: string): Promise<ResourceObject> {
  const object = await store.objects.get(kind, name);
  if (object) return object;
  const names = (await store.objects.list(kind)).items.map(({ metadata }) => metadata.name);
  throw new CliFailure(
    `there is no ${kind} ${JSON.stringify(name)}; ${names.length > 0 ? `there are ${names.join(', ')}` : 'apply one first (gatehouse apply -f)'}`,
  );
}
