import { expect, it } from 'vitest';
import { describeConnectFailure } from './connect-failure.ts';

it.each(['EMFILE', 'ENFILE'])('%s is the gateway’s own fault', (code) => {
  expect(describeConnectFailure(Object.assign(new Error('connect'), { code }), 'cluster "demo"')).toEqual({
    code: 'outOfDescriptors',
    message: 'the gateway has no file descriptor left for a connection to cluster "demo"; try again later',
  });
});

it.each([
  Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
  new Error('the upstream broke its response off'),
  'text',
  undefined,
  null,
])('%o is the server’s', (error) => {
  expect(describeConnectFailure(error, 'cluster "demo"')).toEqual({
    code: 'upstreamUnavailable',
    message: 'cluster "demo" cannot be reached',
  });
});
