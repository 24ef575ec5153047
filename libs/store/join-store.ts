import { ringOf } from './hand-over.ts';
import { createRemoteStore } from './remote-store.ts';
import { createSealer } from './sealer.ts';
import type { JoinPorts, Store, StoreHandover } from './store.ts';

/**
 * Joins a store that another process of this gateway has opened: schema and key were settled there. SQLite stays with
 * that process, which alone writes the file; to PostgreSQL this one has connections of its own.
 * @throws StoreStartError databaseUnusable.
 */
export async function joinStore(handover: StoreHandover, ports: JoinPorts): Promise<Store> {
  const { schemaVersion } = handover;
  const ring = ringOf(handover);
  if (handover.engine === 'postgres')
    return await (await import('./open-here.ts')).joinHere({ schemaVersion, ring }, ports);
  return createRemoteStore({
    call: ports.call,
    onChange: ports.onChange,
    sealer: createSealer(ring),
    schemaVersion,
    lost: ports.lost,
    close: async () => {},
  });
}
