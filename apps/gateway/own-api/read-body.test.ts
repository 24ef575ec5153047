import { describe, expect, test } from 'vitest';
import { GatehouseError } from '#errors';
import { readBody } from './read-body.ts';

const read = (text: string, contentType?: string): Promise<unknown> =>
  readBody({
    contentType,
    // As the pipeline's: no more than what is asked for.
    async *body(maxBytes) {
      if (text.length > maxBytes) throw new GatehouseError('tooLarge', `at most ${maxBytes}`);
      yield Buffer.from(text);
    },
  });

describe('a body of the gateway’s own objects', () => {
  test.each([
    ['of another type', '{}', 'text/plain', 'unsupportedMediaType'],
    ['that is no JSON', '{', 'application/json', 'badRequest'],
    ['that is YAML where JSON is said', 'a: 1', undefined, 'badRequest'],
    ['with an alias', 'a: &x [1]\nb: *x', 'application/yaml', 'badRequest'],
    ['with a key twice', 'a: 1\na: 2', 'application/yaml', 'badRequest'],
    ['with a tag', 'a: !x 1', 'application/yaml', 'badRequest'],
    ['of two documents', 'a: 1\n---\nb: 2', 'application/yaml', 'badRequest'],
    ['of none', '', 'application/yaml', 'badRequest'],
    ['of more YAML than is read', `a: ${'x'.repeat(65 * 1024)}`, 'application/yaml', 'tooLarge'],
    ['of more JSON than is read', `"${'x'.repeat(1024 * 1024)}"`, 'application/json', 'tooLarge'],
  ])('%s is refused', async (_title, text, type, code) => {
    await expect(read(text, type)).rejects.toMatchObject({ code });
  });

  test('is JSON where nothing is said, as kubectl create --raw does', async () => {
    expect(await read('{"a":1}')).toEqual({ a: 1 });
    expect(await read('{"a":1}', 'application/json; charset=utf-8')).toEqual({ a: 1 });
    expect(await read('a: no', 'application/yaml')).toEqual({ a: 'no' });
  });

  test('an AccessRule of 300 lines in YAML is read', async () => {
    const rule = '  - resources: [pods]\n    verbs: [get]\n';
    expect(await read(`kind: AccessRule\nrules:\n${rule.repeat(150)}`, 'application/yaml')).toMatchObject({
      kind: 'AccessRule',
    });
  });

  test('hostile YAML of 64 KiB is read or refused within 50 ms of processor time', { timeout: 300_000 }, async () => {
    // The first read compiles the code.
    for (let warm = 0; warm < 20; warm++) await timeOf(numbered((n) => `k${n}: [1, "a"]\n`, 4096));
    let longest = { shape: '', ms: 0 };
    for (const [shape, text] of hostileTexts()) {
      // The shortest of three: what else runs on the machine evicts caches.
      const ms = Math.min(await timeOf(text), await timeOf(text), await timeOf(text));
      if (ms > longest.ms) longest = { shape, ms };
    }
    console.log(`the slowest YAML is ${longest.shape}: ${longest.ms.toFixed(1)} ms of processor time`);
    expect(longest.ms, longest.shape).toBeLessThan(5 * 50);
  });
});

const BYTES = 64 * 1024;
/** As many as the pre-scan just lets pass, beside text that costs nothing to count. */
const MOST = 1990;

async function timeOf(text: string): Promise<number> {
  const before = process.cpuUsage();
  await read(text, 'application/yaml').catch((error: unknown) => {
    if (!(error instanceof GatehouseError)) throw error;
  });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const repeated = (unit: string, before = '', after = '', bytes = BYTES): string =>
  before + unit.repeat(Math.floor((bytes - before.length - after.length) / unit.length)) + after;

function numbered(unit: (n: number) => string, bytes = BYTES): string {
  let text = '';
  for (let n = 0; text.length + unit(n).length <= bytes; n++) text += unit(n);
  return text;
}

/** Units whose repetition is slow, whole (64 KiB) and as many as pass the pre-scan, and shapes that grow. */
function* hostileTexts(): Generator<[string, string]> {
  const units = [
    '[',
    ']',
    '}',
    '{a: ',
    '- ',
    '-\n',
    '? ',
    '?\n',
    ':',
    ': ',
    ':\n',
    '!a ',
    '! ',
    '&a ',
    '&a\n',
    '*a ',
    '"',
    "'",
    '"" ',
    '#\n',
    ' #\n',
    '%A\n',
    '---\n',
    'a\n...\n',
    '\n',
    '\r',
    '\t',
    ' ',
    '\\',
    '|',
    '>',
    '@',
    '`',
    'k',
    '-',
    '- - a\n',
    'a: 1\n',
    'a:\t1\n',
    '- a\n',
    '? a\n: b\n',
    '- ? a\n',
    '- !a x\n',
    '- &a x\n',
    '  a: 1\n b: 2\n',
    'a: b: c\n',
    '<<: *a\n',
    'k: |\n x\n',
    '- [{a: [b]}]\n',
    'a ',
    'a  b',
    '- "a\\n"\n',
  ];
  for (const unit of units) {
    yield [`64 KiB of ${JSON.stringify(unit)}`, repeated(unit)];
    const cost = Math.max(1, unit.replace(/[\w .]/g, '').length);
    yield [
      `${JSON.stringify(unit)} up to the limit`,
      unit.repeat(Math.floor(Math.min(MOST / cost, BYTES / unit.length))),
    ];
  }
  for (const [before, unit, after] of [
    ['[', 'a,', ']'],
    ['[', ',', ']'],
    ['{', '?,', '}'],
    ['[', '{},', ']'],
    ['[', '!a,', ']'],
    ['k: "', 'x\n', '"'],
    ['k: "', '\\q', '"'],
    ["k: '", "''", "'"],
    ["k: '", 'x\n', "'"],
    ['k: |\n', ' x\n', ''],
    ['k: >\n', ' x\n\n', ''],
    ['k:\n', ' x\n', ''],
  ] as const) {
    yield [`64 KiB of ${JSON.stringify(before + unit)}`, repeated(unit, before, after)];
    const cost = Math.max(1, unit.replace(/[\w .]/g, '').length);
    yield [`${JSON.stringify(before + unit)} up to the limit`, before + unit.repeat(Math.floor(MOST / cost)) + after];
    const wide = unit.replace(/[ax]/, 'x'.repeat(30));
    yield [`${JSON.stringify(before + unit)} with long words`, before + wide.repeat(Math.floor(MOST / cost)) + after];
  }
  yield ['maps in maps', numbered((n) => `${' '.repeat(n)}a:\n`)];
  yield ['a long key', `${'k'.repeat(BYTES - 3)}: 1`];
}
