import { expect, it } from 'vitest';
import { readYaml, toYaml } from './object-yaml.ts';

const problemsOf = (text: string): readonly string[] => {
  const read = readYaml(text);
  return read.ok ? [] : read.problems;
};

it('refuses what would be changed in silence on its way to JSON', () => {
  expect(problemsOf('a: 1\na: 2')[0]).toMatch(/unique/i);
  expect(problemsOf('a: &x [1]\nb: *x')[0]).toMatch(/aliases/);
  expect(problemsOf('a: .nan')[0]).toMatch(/\.nan: this number/);
  expect(problemsOf('a: 12345678901234567890')[0]).toMatch(/12345678901234567890/);
  expect(problemsOf('a: !secret x')[0]).toMatch(/tag/i);
  expect(problemsOf('a: 1\n---\nb: 2')[0]).toMatch(/multiple documents/);
});

it('refuses what is no object', () => {
  for (const text of ['', '# only a comment', '- a', 'text']) expect(problemsOf(text)).toHaveLength(1);
});

it('says in which line the text is broken', () => {
  expect(problemsOf('a:\n  b: [1\nc: 2')[0]).toMatch(/line \d/);
});

it('brings an object back as it was, whatever its strings hold', () => {
  const object = {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'Mapping',
    metadata: { name: 'x', resourceVersion: '12', labels: { on: 'yes', 'a: b': '' } },
    spec: {
      strings: [
        'true',
        'null',
        '1e3',
        '0x10',
        '~',
        '',
        ' blank ',
        '- a',
        '# b',
        'c: d',
        '2026-01-01',
        '*x',
        '&x',
        '!x',
        '%',
        '@',
        '`',
      ],
      hidden: ['a\u202eb', '\u0000', 'x\r\ny', 'tag\u{e0041}', '\ud800', '\u00a0', '\ufeff'],
      ['ke\u202ey']: 1,
      pem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      long: 'word '.repeat(60).trim(),
      nothing: null,
      empty: {},
      list: [[], 1.5, -0.25, true],
    },
  };
  const text = toYaml(object);
  expect(readYaml(text)).toEqual({ ok: true, object });
  expect(text).toContain('"a\\u202eb"');
  expect(text).toContain('pem: |');
  expect(text).not.toMatch(/[\u0000\r\u202e\u00a0\ufeff]/);
});
