import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { GatehouseError } from '#errors';
import type { AuditRecord } from '#model';
import { createAddressReader, type PipelineSettings } from '#pipeline';
import { createActRecorder } from './record-act.ts';

function setUp({ durable = true } = {}) {
  const records: (AuditRecord & { completes: boolean })[] = [];
  const recorder = createActRecorder({
    audit: {
      record: (record, completes = false) => void records.push({ ...record, completes }),
      async recordDurably(record) {
        records.push({ ...record, completes: false });
        if (!durable) throw new GatehouseError('auditUnavailable');
      },
    },
    refusals: { admit: () => false },
    loginEnded: () => {},
    settings: { servedBy: 'test/1', addresses: createAddressReader([]) } as unknown as PipelineSettings,
    now: () => 1_000,
    revision: () => 7,
  });
  const request = {
    method: 'DELETE',
    url: '/-/me/sessions',
    rawHeaders: ['Host', 'gatehouse.example'],
    socket: { remoteAddress: '192.0.2.1' },
  } as unknown as IncomingMessage;
  const act = {
    request,
    verb: 'delete',
    resource: 'sessions',
    person: { issuer: 'demo', subject: 'a', username: 'demo:alice' },
  };
  return { records, recorder, request, act };
}
const shown = (records: readonly (AuditRecord & { completes: boolean })[]) =>
  records.map(({ auditId, stage, decision, statusCode, username, completes, annotations }) => ({
    sameAct: auditId === records[0]?.auditId,
    stage,
    decision,
    statusCode,
    username,
    completes,
    ...annotations,
  }));

test('an act whose start cannot be saved is completed as refused', async () => {
  const { records, recorder, request, act } = setUp({ durable: false });
  await expect(recorder.start(act)).rejects.toMatchObject({ code: 'auditUnavailable' });
  recorder.fail(request, 'auditUnavailable', 503);
  expect(shown(records)).toMatchObject([
    { stage: 'RequestReceived', statusCode: 0 },
    { sameAct: true, stage: 'ResponseComplete', decision: 'refused', statusCode: 503, code: 'auditUnavailable' },
  ]);
  expect(records[1]).toMatchObject({ completes: true, username: 'demo:alice' });
});

test('an act that fails after its start is an error, once', async () => {
  const { records, recorder, request, act } = setUp();
  await recorder.start(act);
  recorder.fail(request, 'storeUnavailable', 503);
  recorder.fail(request, 'internal', 500);
  expect(shown(records)).toMatchObject([
    { stage: 'RequestReceived', decision: 'allow' },
    { stage: 'ResponseComplete', decision: 'error', code: 'storeUnavailable', completes: true },
  ]);
});

test('an act that is carried out completes its start, and a refusal that knows no person keeps the one of the start', async () => {
  const { records, recorder, act } = setUp();
  await recorder.start(act);
  recorder.record({
    ...act,
    person: { issuer: 'demo', subject: '', username: '' },
    statusCode: 401,
    outcome: 'refused',
  });
  expect(shown(records)).toMatchObject([
    { stage: 'RequestReceived', username: 'demo:alice' },
    { sameAct: true, stage: 'ResponseComplete', decision: 'refused', username: 'demo:alice', completes: true },
  ]);
});

test('without a start an anonymous refusal is counted, and nothing is left to fail', () => {
  const { records, recorder, request, act } = setUp();
  recorder.record({ ...act, statusCode: 401, outcome: 'refused', code: 'invalidCredential' });
  recorder.fail(request, 'internal', 500);
  expect(records).toEqual([]);
});
