import { expect, test } from 'vitest';
import { readTokenRequest } from './read-token-request.ts';

test('a field that is empty, blank or holds commas only narrows nothing', () => {
  const request = readTokenRequest({ name: ' ci ', days: '1', clusters: '', namespaces: ' ', verbs: ', ,' });
  expect(request).toEqual({ name: 'ci', expiresInSeconds: 86_400 });
});

test('names stand apart by commas, blanks or both', () => {
  const request = readTokenRequest({ name: 'ci', days: '0.5', verbs: 'get, list watch', resources: 'pods,pods/log' });
  expect(request).toEqual({
    name: 'ci',
    expiresInSeconds: 43_200,
    verbs: ['get', 'list', 'watch'],
    resources: ['pods', 'pods/log'],
  });
});
