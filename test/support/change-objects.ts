import { openStore, type OpenStoreOptions } from '#store';
import { mappingObject, silentLog } from './store-samples.ts';

/** A program that creates, updates and deletes mappings, several at a time; each round is three commits. */
const [options, prefix, lanes, rounds] = process.argv.slice(2) as [string, string, string, string];
const store = await openStore({ ...(JSON.parse(options) as Omit<OpenStoreOptions, 'log'>), log: silentLog });
await Promise.all(
  Array.from({ length: Number(lanes) }, async (_, lane) => {
    for (let round = 0; round < Number(rounds); round++) {
      const name = `${prefix}-${lane}-${round}`;
      await store.objects.create(mappingObject(name), []);
      await store.objects.update(mappingObject(name, 'other'), []);
      // Every other mapping stays, so that lists grow.
      if (round % 2 === 0) await store.objects.delete('Mapping', name);
      else await store.objects.update(mappingObject(name, 'third'), []);
    }
  }),
);
await store.close();
