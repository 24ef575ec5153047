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

  test.each([
    ['}', 'badRequest'],
    ['[', 'badRequest'],
    ['!a ', 'badRequest'],
    ['- ', 'badRequest'],
    ['{a: ', 'badRequest'],
  ])('YAML that is 64 KiB of %j holds nobody up for long', async (piece, code) => {
    const began = performance.now();
    await expect(read(piece.repeat((64 * 1024) / piece.length), 'application/yaml')).rejects.toMatchObject({ code });
    // Some hundred milliseconds; minutes for a MiB.
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
