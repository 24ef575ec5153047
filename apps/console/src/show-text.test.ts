import { expect, it } from 'vitest';
import { showAge, showText } from './show-text.ts';

it('makes characters visible that could disguise a name', () => {
  expect(showText('bob\u202egro.evil\r\n')).toBe('bob\\u202egro.evil\\u000d\\u000a');
  expect(showText('Zoë <b>')).toBe('Zoë <b>');
});

it('shows an age in the unit that says most', () => {
  const now = Date.parse('2026-01-02T00:00:00Z');
  expect(showAge(undefined, now)).toBe('');
  expect(showAge('2026-01-01T23:59:18Z', now)).toBe('42s');
  expect(showAge('2025-12-30T00:00:00Z', now)).toBe('3d');
});
