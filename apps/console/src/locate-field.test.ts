import { expect, it } from 'vitest';
import { locateField } from './locate-field.ts';

const TEXT = `# comment
metadata:
  name: x
spec:
  rules:
    - verbs: [get]
    - resources: [pods]
      verbs: [gte, list]
`;

it('finds nothing for a field that has no ancestor in the text', () => {
  expect(locateField(TEXT, 'status.x')).toBeUndefined();
  expect(locateField('', 'spec')).toBeUndefined();
  expect(locateField('a: [', 'b')).toBeUndefined();
});

it('finds the line of a field', () => {
  expect(locateField(TEXT, 'spec.rules[1].verbs')?.line).toBe(8);
  expect(locateField(TEXT, 'metadata.name')?.line).toBe(3);
  expect(locateField(TEXT, 'spec.rules[1].verbs[0]')?.line).toBe(8);
});

it('gives the nearest field above one that is missing', () => {
  expect(locateField(TEXT, 'spec.subjects')?.line).toBe(4);
  expect(locateField(TEXT, 'spec.rules[7].verbs')?.line).toBe(5);
});

it('points at the field itself', () => {
  const place = locateField(TEXT, 'spec.rules[1].resources');
  expect(TEXT.slice(place?.start, place?.end)).toBe('resources');
});
