import { expect, it } from 'vitest';
import { showJson, showLines, showText } from './show-text.ts';

it('makes characters visible that could disguise a name', () => {
  expect(showText('bob\u202egro.evil\r\n')).toBe('bob\\u202egro.evil\\u000d\\u000a');
  expect(showText('a\u0000b\u001b[31mc\u007f\u0085')).toBe('a\\u0000b\\u001b[31mc\\u007f\\u0085');
  expect(showText('zero\u200bwidth soft\u00adhyphen bom\ufeff')).toBe('zero\\u200bwidth soft\\u00adhyphen bom\\ufeff');
  expect(showText('alice\u00a0smith\u3000x\u3164')).toBe('alice\\u00a0smith\\u3000x\\u3164');
  expect(showText('tag\u{e0041} half\ud800')).toBe('tag\\u{e0041} half\\ud800');
});

it('leaves letters of every script and markup to be shown as they are', () => {
  expect(showText('Zoë 李 עברית <b>&amp;</b>')).toBe('Zoë 李 עברית <b>&amp;</b>');
});

it('keeps line breaks where a text has lines', () => {
  expect(showLines('a:\n\tb\u202e\r\n')).toBe('a:\n\tb\\u202e\\u000d\n');
});

it('writes JSON that shows what is hidden and still means the same', () => {
  const value = { name: 'a\u202eb\u{e0041}\u00a0', list: [1, 'x\ny'] };
  const text = showJson(value);
  expect(text).toContain('a\\u202eb\\udb40\\udc41\\u00a0');
  expect(JSON.parse(text)).toEqual(value);
});
