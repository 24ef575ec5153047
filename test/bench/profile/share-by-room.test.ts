import { expect, it } from 'vitest';
import type { Frame } from './read-profile.ts';
import { shareByRoom } from './share-by-room.ts';

const frame = (name: string, place: string, selfMicros: number, ...children: Frame[]): Frame => ({
  name,
  place,
  selfMicros,
  totalMicros: selfMicros + children.reduce((sum, child) => sum + child.totalMicros, 0),
  children: new Map(children.map((child) => [child.name, child])),
});

it('gives time to rooms, packages and modules of Node, and what has no file to its caller', () => {
  const root = frame(
    'all',
    '',
    5,
    frame('judge', 'libs/pipeline/judge.js:1', 20, frame('regexp', '', 20)),
    frame('onSocket', 'node_modules/undici/lib/x.js:3', 15, frame('writev', 'node:internal/stream_base_commons:5', 10)),
    frame('(garbage collector)', '', 30),
  );
  expect(shareByRoom(root)).toEqual({
    'libs/pipeline': 0.4,
    'garbage collection': 0.3,
    undici: 0.15,
    'node:stream': 0.1,
    'V8 and system': 0.05,
  });
});
