import { GatehouseError } from '#errors';
import type { ObjectStore } from './ports.ts';
import type { ResourceObject } from './resource-object.ts';
import { splitSecrets } from './split-secrets.ts';

/** kubectl's own words. */
export type SaveOutcome = 'created' | 'configured' | 'unchanged';

type Store = Pick<ObjectStore, 'get' | 'create' | 'update'>;

/**
 * Makes the stored object what the manifest says, whatever it was. What only the server knows (uid, resourceVersion …)
 * is not taken from the manifest, so that an export can be applied elsewhere. Secrets that the manifest leaves out stay.
 * @param object validated, secrets still in it.
 * @throws GatehouseError storeUnavailable.
 */
export async function saveObject(object: ResourceObject, store: Store): Promise<SaveOutcome> {
  const { name, labels, annotations } = object.metadata;
  const split = splitSecrets({
    ...object,
    metadata: { name, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
  });
  const before = await store.get(object.kind, name);
  if (!before) {
    try {
      await store.create(split.object, split.secrets);
      return 'created';
    } catch (error) {
      // Another replica, starting at the same moment with the same folder.
      if (!(error instanceof GatehouseError && error.code === 'alreadyExists')) throw error;
    }
  }
  const after = await store.update(split.object, split.secrets);
  return after.metadata.resourceVersion === before?.metadata.resourceVersion ? 'unchanged' : 'configured';
}
