import { expect, test } from 'vitest';
import { readDemands } from './read-demands.ts';

const read = (query: string) => readDemands(new URLSearchParams(query));

test.each([
  'max_age=',
  'max_age=-1',
  'max_age=1.5',
  'max_age=1e3',
  'max_age=99999999999',
  'max_age=1&max_age=2',
  'acr_values=',
  'acr_values=a++b',
  'acr_values=%22',
  'acr_values=a%0ab',
  'acr_values=%C3%A4',
  `acr_values=${'a'.repeat(1025)}`,
  'prompt=none',
  'prompt=login+consent',
  'prompt=',
])('the demand %s is refused, and never dropped', (query) => {
  expect(() => read(query)).toThrow(expect.objectContaining({ code: 'badRequest' }));
});

test('demands are read as a provider reads them', () => {
  expect(read('issuer=demo')).toEqual({});
  expect(read('max_age=0')).toEqual({ maxAgeSeconds: 0 });
  expect(read('max_age=300&acr_values=urn%3Amfa+hwk&prompt=login')).toEqual({
    maxAgeSeconds: 300,
    acrValues: ['urn:mfa', 'hwk'],
    prompt: 'login',
  });
});
