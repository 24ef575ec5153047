import { expect, test } from 'vitest';
import type { ResourceObject } from '#resources';
import { findUnusedRules } from './find-unused-rules.ts';

const rule = (name: string, creationTimestamp: string): ResourceObject => ({
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind: 'AccessRule',
  metadata: { name, creationTimestamp },
  spec: { effect: 'Allow', mode: 'Enforce' },
});

test('a rule that decided nothing is unused, and marked where it is younger than the time looked at', () => {
  const objects = [
    rule('used', '2025-01-01T00:00:00Z'),
    rule('reported', '2025-01-01T00:00:00Z'),
    rule('old', '2025-01-01T00:00:00Z'),
    rule('young', '2026-02-01T00:00:00Z'),
    { ...rule('mapping', '2025-01-01T00:00:00Z'), kind: 'Mapping' },
  ];
  const uses = [
    { rule: 'used', decided: 1, reported: 0, lastAtMs: 1 },
    { rule: 'reported', decided: 0, reported: 1, lastAtMs: 1 },
  ];
  expect(findUnusedRules(objects, uses, Date.UTC(2026, 0, 1))).toMatchObject([
    { rule: 'old', younger: false },
    { rule: 'young', younger: true },
  ]);
});
