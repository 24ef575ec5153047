import type { Config } from '#config';
import { readEncryptionKeys } from '#store';
import { keySourceOf, withStore } from '../open-gateway.ts';
import { table, type Terminal } from '../terminal.ts';

/** A line for each key and kind of value. */
export async function listKeys(terminal: Terminal, config: Config): Promise<void> {
  await withStore(
    terminal,
    config,
    async (store) => {
      const counts = await store.sealing.countSealed();
      const ids = readEncryptionKeys(keySourceOf(config))?.map(({ keyId }) => keyId) ?? [];
      const stateOf = (id: string): string => (ids[0] === id ? 'current' : ids.includes(id) ? 'former' : 'not at hand');
      const lines = counts.map(({ what, keyId, count }) => [keyId, stateOf(keyId), what, String(count)]);
      const unused = ids.filter((id) => !counts.some(({ keyId }) => keyId === id));
      for (const id of unused) lines.push([id, stateOf(id), 'nothing', '0']);
      for (const line of table([['KEY', 'STATE', 'SEALS', 'COUNT'], ...lines])) terminal.out(line);
    },
    { allowLostKey: true },
  );
}
