import { expect, it } from 'vitest';
import { drawFlame } from './draw-flame.ts';
import { joinThreads, type Frame } from './read-profile.ts';

const frame = (name: string, totalMicros: number, ...children: Frame[]): Frame => ({
  name,
  place: 'libs/x.js:1',
  selfMicros: 0,
  totalMicros,
  children: new Map(children.map((child) => [child.name, child])),
});

it('gives each thread and function its share of the width, and leaves out what nobody could see', () => {
  const root = joinThreads([
    ['requests', frame('all', 750, frame('<anonymous>', 375), frame('hardly', 0.5))],
    ['SQLite', frame('all', 250)],
  ]);
  const picture = drawFlame(root, 'a & b');
  expect(picture).toContain('<title>requests libs/x.js:1 75.0 %</title><rect x="0.0" y="51" width="900.0"');
  expect(picture).toContain('<title>SQLite libs/x.js:1 25.0 %</title><rect x="900.0" y="51" width="300.0"');
  expect(picture).toContain('<title>&lt;anonymous&gt; libs/x.js:1 37.5 %</title><rect x="0.0" y="68" width="450.0"');
  expect(picture).not.toContain('hardly');
  expect(picture).toContain('a &amp; b');
});
