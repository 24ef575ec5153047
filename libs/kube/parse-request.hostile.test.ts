import { expect, it } from 'vitest';
import { parseRequest } from './parse-request.ts';
import { readClusterPrefix } from './read-cluster-prefix.ts';

it.each([
  ['escapes of escapes', `/api/v1/nodes/n/proxy/${'%25'.repeat(20_000)}`],
  ['escapes of escapes of dots', `/api/v1/nodes/n/proxy/%${'25'.repeat(32_000)}2e`],
  ['continuation bytes', `/api/v1/nodes/n/proxy/${'%80'.repeat(21_000)}`],
  ['overlong beginnings', `/api/v1/nodes/n/proxy/${'%fc%80%80%80%80'.repeat(4_300)}`],
  ['many segments', `/${'a/'.repeat(30_000)}`],
  ['many segments in other spellings', `/%2d${'%2e/'.repeat(16_000)}`],
  ['nearly dots', `/api/v1/nodes/n/proxy${'/..a'.repeat(16_000)}`],
  ['many terms', `/api/v1/pods?fieldSelector=${'metadata.name%3D,'.repeat(3_500)}`],
  ['many escaped terms', `/api/v1/pods?fieldSelector=metadata.name=${'%5C,'.repeat(16_000)}`],
  ['open brackets', `/api/v1/pods?fieldSelector=metadata.name%3Dx&labelSelector=${'a%20in%20(('.repeat(5_000)}`],
  ['a long number', `/api/v1/pods?fieldSelector=metadata.name=x&limit=${'0'.repeat(60_000)}`],
  ['many pairs', `/api/v1/pods?${'a&'.repeat(9_999)}`],
  ['overlong dots', `/%c0%ae${'%c0%ae'.repeat(9_000)}`],
])('%s take no more than a moment', (_what, target) => {
  const started = performance.now();
  readClusterPrefix(target);
  parseRequest('GET', target);
  expect(performance.now() - started).toBeLessThan(1000);
});
