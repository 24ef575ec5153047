import { describe, expect, test } from 'vitest';
import { validateObject, type ResourceObject } from '#resources';

const object = (kind: string, spec: unknown, metadata: object = { name: 'x' }) => ({
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind,
  metadata,
  spec,
});
const rule = (spec: object) =>
  object('AccessRule', {
    subjects: [{ issuer: 'demo' }],
    clusters: ['demo'],
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    ...spec,
  });

function problems(input: unknown): string[] {
  const result = validateObject(input);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}
const paths = (input: unknown): string[] => problems(input).map((line) => line.split(': ')[0] as string);
function valid(input: unknown): ResourceObject {
  const result = validateObject(input);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.object;
}

describe('every object', () => {
  test.each([[undefined], [null], ['text'], [[]], [{}]])('%j is refused', (input) => {
    expect(problems(input)).not.toEqual([]);
  });
  test('an unknown kind is refused with the one that was meant', () => {
    expect(problems({ ...rule({}), kind: 'AccesRule' })).toEqual(['kind: is unknown; did you mean AccessRule?']);
  });
  test('another apiVersion is refused', () => {
    expect(paths({ ...rule({}), apiVersion: 'gatehouse.dev/v1' })).toEqual(['apiVersion']);
  });
  test.each(['A', 'a_b', '-a', 'a-', 'a..b', '', 'a/b', 'x'.repeat(64), 'ä'])('the name %j is refused', (name) => {
    expect(paths({ ...rule({}), metadata: { name } })).toEqual(['metadata.name']);
  });
  test('an unknown key is refused wherever it stands, with the one that was meant', () => {
    expect(problems({ ...rule({ efect: 'Deny' }), extra: 1 })).toEqual([
      'spec.efect: is unknown; did you mean "effect"?',
      expect.stringMatching(/^extra: is unknown/),
    ]);
    expect(paths({ ...rule({}), metadata: { name: 'x', namespace: 'y' } })).toEqual(['metadata.namespace']);
  });
  test('all problems are reported at once, those between keys too', () => {
    const input = rule({
      subjects: [{ isuer: 'demo' }],
      effect: 'deny',
      rules: [
        { verbs: ['lst'], resources: ['Pods'] },
        { methods: ['GET'], paths: ['a'], verbs: ['get'] },
      ],
    });
    expect(new Set(paths(input))).toEqual(
      new Set([
        'spec.subjects[0].issuer',
        'spec.subjects[0].isuer',
        'spec.effect',
        'spec.rules[0].verbs[0]',
        'spec.rules[0].resources[0]',
        'spec.rules[0].apiGroups',
        'spec.rules[1].paths[0]',
        'spec.rules[1].verbs',
      ]),
    );
  });
  test('what the server filled may come back, status is dropped, and kubectl’s copy of the manifest is not kept', () => {
    const metadata = {
      name: 'x',
      uid: 'u',
      resourceVersion: '7',
      generation: 2,
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { a: 'b' },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"token":"s3cret"}', note: 'n' },
    };
    const read = valid({ ...rule({}), metadata, status: { anything: 1 } });
    expect(read.metadata).toEqual({ ...metadata, annotations: { note: 'n' } });
    expect(read).not.toHaveProperty('status');
  });
});
