import { expect, test } from 'vitest';
import type { ErrorCode } from '#errors';
import type { CountedRefusals } from '#limits';
import type { AuditRecord } from '#model';
import { createCountedRefusalRecorder } from './record-counted-refusals.ts';

const counted = (source: string, count: number, atMs: number, code: ErrorCode = 'notPresented'): CountedRefusals => ({
  source,
  codes: new Map([[code, count]]),
  count,
  firstMs: atMs,
  lastMs: atMs + 10,
});

function setUp() {
  const saved: AuditRecord[] = [];
  const store = { failing: false };
  let ids = 0;
  const recorder = createCountedRefusalRecorder({
    append: async (records) => {
      if (store.failing) throw new Error('disk full');
      saved.push(...records);
    },
    newAuditId: () => `id-${ids++}`,
    log: { info() {}, warn() {}, error() {} },
  });
  return { saved, store, recorder };
}

test('while the store fails nothing is lost, and one source stays one record', async () => {
  const { saved, store, recorder } = setUp();
  store.failing = true;
  recorder.add([counted('192.0.2.1', 5, 1_000)]);
  await recorder.flush();
  recorder.add([counted('192.0.2.1', 7, 2_000)]);
  await recorder.flush();
  store.failing = false;
  await recorder.flush();
  await recorder.flush();
  expect(saved).toMatchObject([
    { sourceAddress: '192.0.2.1', receivedAtMs: 1_000, completedAtMs: 2_010, annotations: { count: '12' } },
  ]);
});

test('what two workers counted of one source is one record, with its codes, the most frequent one first', async () => {
  const { saved, recorder } = setUp();
  recorder.add([counted('192.0.2.1', 5, 2_000, 'misdirected'), counted('192.0.2.2', 1, 0)]);
  recorder.add([counted('192.0.2.1', 9, 1_000)]);
  await recorder.flush();
  expect(saved).toMatchObject([
    {
      decision: 'refused',
      statusCode: 401,
      sourceAddress: '192.0.2.1',
      annotations: {
        code: 'notPresented',
        count: '14',
        codes: 'notPresented=9,misdirected=5',
        first: '1970-01-01T00:00:01.000Z',
        last: '1970-01-01T00:00:02.010Z',
      },
    },
    { sourceAddress: '192.0.2.2', annotations: { count: '1' } },
  ]);
});

test('a bounded number of sources waits; the rest is counted together', async () => {
  const { saved, store, recorder } = setUp();
  store.failing = true;
  for (let i = 0; i < 30_000; i++) recorder.add([counted(`10.0.${i >> 8}.${i & 255}`, 1, i)]);
  await recorder.flush();
  store.failing = false;
  await recorder.flush();
  expect(saved.length).toBeLessThanOrEqual(20_001);
  expect(saved.reduce((sum, record) => sum + Number(record.annotations.count), 0)).toBe(30_000);
});
