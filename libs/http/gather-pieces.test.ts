import { describe, expect, it } from 'vitest';
import { giveBack, PieceGatherer } from './gather-pieces.ts';

const turnIsOver = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const KIB = 1024;

function gather() {
  const told: Buffer[] = [];
  const owner = {
    broke(error: unknown): void {
      throw error;
    },
  };
  return { told, gatherer: new PieceGatherer(owner, (bytes) => told.push(bytes)) };
}

describe('bytes that are told', () => {
  it('are not overwritten by what comes later, unless they were given back', () => {
    const { told, gatherer } = gather();
    const piece = Buffer.alloc(16 * KIB, 'a');
    for (let i = 0; i < 12; i++) gatherer.take(piece);
    piece.fill('b');
    for (let i = 0; i < 12; i++) gatherer.take(piece);
    expect(told.map((bytes) => [bytes.length, bytes.includes('b')])).toEqual([
      [192 * KIB, false],
      [192 * KIB, true],
    ]);
  });

  it('are used again once, however often they are given back', () => {
    const { told, gatherer } = gather();
    gatherer.take(Buffer.alloc(192 * KIB, 'a'));
    giveBack(told[0] as Buffer);
    giveBack(told[0] as Buffer);
    gatherer.take(Buffer.alloc(192 * KIB, 'b'));
    gatherer.take(Buffer.alloc(192 * KIB, 'c'));
    expect(told[1]?.buffer).toBe(told[0]?.buffer);
    expect(told[2]?.buffer).not.toBe(told[1]?.buffer);
    expect([told[1]?.[0], told[2]?.[0]]).toEqual([0x62, 0x63]);
  });

  it('are no part of a large buffer where they are few, nor ever used again then', () => {
    const { told, gatherer } = gather();
    gatherer.take(Buffer.from('few'));
    gatherer.flush();
    giveBack(told[0] as Buffer);
    gatherer.take(Buffer.from('more'));
    gatherer.flush();
    expect(told.map(String)).toEqual(['few', 'more']);
    expect(told[0]?.buffer.byteLength).toBeLessThan(192 * KIB);
  });

  it.each([
    ['are in a small buffer from 16 KiB on, which is used again', 16 * KIB, 48 * KIB],
    ['are in a large one from a quarter of it on, which is used again', 48 * KIB, 192 * KIB],
  ])('%s', (_what, length, size) => {
    const { told, gatherer } = gather();
    for (const value of ['a', 'b', 'c']) {
      gatherer.take(Buffer.alloc(length, value));
      gatherer.flush();
      if (value === 'b') giveBack(told[1] as Buffer);
    }
    expect(told.map((bytes) => [bytes.length, bytes.buffer.byteLength])).toEqual(told.map(() => [length, size]));
    expect(told[2]?.buffer).toBe(told[1]?.buffer);
    expect(told[0]?.includes('b')).toBe(false);
  });
});

it('tells all pieces of a turn at its end, in order, and nothing twice', async () => {
  const { told, gatherer } = gather();
  for (const text of ['one ', 'two ', 'three']) {
    gatherer.take(Buffer.from(text));
    gatherer.flushSoon();
  }
  expect(told).toEqual([]);
  await turnIsOver();
  expect(told.map(String)).toEqual(['one two three']);
  gatherer.flush();
  expect(told).toHaveLength(1);
});

it('tells a piece that is larger than a buffer in parts', () => {
  const { told, gatherer } = gather();
  const large = Buffer.from(Array.from({ length: 300 * KIB }, (_, at) => at % 251));
  gatherer.take(large);
  gatherer.flush();
  expect(Buffer.concat(told).equals(large)).toBe(true);
});

it('tells nothing of what was dropped', async () => {
  const { told, gatherer } = gather();
  gatherer.take(Buffer.from('half'));
  gatherer.flushSoon();
  gatherer.drop();
  await turnIsOver();
  expect(told).toEqual([]);
});
