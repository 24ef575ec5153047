import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { AuditRecord } from '#model';
import { createRemoteStore } from './remote-store.ts';
import type { Sealer } from './sealer.ts';

const TIMES = 400;
const BYTES = 60_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heapBytes = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

it('holds nothing of what it has handed on', async () => {
  const store = createRemoteStore({
    call: async () => {},
    onChange: () => () => {},
    sealer: {} as Sealer,
    lost: new Promise(() => {}),
    schemaVersion: '',
    close: async () => {},
  });
  const record = (at: number): AuditRecord =>
    ({
      auditId: `id-${at}`,
      username: 'u',
      annotations: {},
      userAgent: String(at).padStart(BYTES, 'x'),
    }) as unknown as AuditRecord;
  await store.audit.append([record(0)]);
  const before = heapBytes();
  for (let at = 1; at <= TIMES; at += 1) await store.audit.append([record(at)]);
  expect(heapBytes() - before).toBeLessThan((TIMES * BYTES) / 4);
  await store.close();
});
