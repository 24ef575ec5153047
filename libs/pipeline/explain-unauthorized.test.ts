import { expect, it } from 'vitest';
import { GatehouseError } from '#errors';
import { explainUnauthorized } from './explain-unauthorized.ts';

const OUTCOME = {
  statusCode: 0,
  bytesIn: 0,
  bytesOut: 0,
  upstreamRequests: 1,
  refusal: { code: 'upstreamCredentialRejected' },
} as const;
const JUDGED = { grant: { mode: 'impersonate' }, upstream: { name: 'demo' }, decision: {} } as never;

it.each([
  [new Error('connect ECONNREFUSED'), 'upstreamUnavailable'],
  [new GatehouseError('outOfDescriptors'), 'outOfDescriptors'],
])('a cluster that cannot be asked about its 401 for %o is refused with %s', async (error, code) => {
  const check = async (): Promise<never> => {
    throw error;
  };
  const outcome = await explainUnauthorized(OUTCOME, JUDGED, undefined, 'id', { check });
  expect(outcome).toMatchObject({
    cause: error,
    refusal: { code, message: expect.stringContaining('could not be asked whether it accepts') },
  });
});
