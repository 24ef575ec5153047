import { expect, test } from 'vitest';
import { stacksOf } from './end-on-crash.ts';

test('the stacks of a crash show no credential that a message quotes', () => {
  const inner = new Error('"eyJhbGciOi.eyJzdWIi.c2ln" is not valid JSON; Authorization: Bearer abc.def; gth_0123abc');
  const outer = new Error('cannot connect to postgres://gatehouse:hunter2@db/gatehouse', { cause: inner });
  const text = stacksOf(outer).join('\n');
  expect(text).not.toMatch(/eyJ|abc|hunter2/);
  expect(text).toMatch(/postgres:\/\/\[redacted\]@db\/gatehouse/);
  expect(text).toMatch(/Bearer \[redacted\]/);
});

test('causes are listed down to the innermost, bounded where an error is its own cause', () => {
  expect(stacksOf(new Error('one', { cause: 'two' }))).toEqual([expect.stringMatching(/^Error: one\n/), 'two']);
  const error = new Error('again');
  error.cause = error;
  expect(stacksOf(error)).toHaveLength(6);
  expect(stacksOf(undefined)).toEqual([]);
});
