import { expect, test } from 'vitest';
import { createRefusalCounter } from './count-refusals.ts';

const settings = { burstPerSource: 5, perMinutePerSource: 60 };
const sum = (entries: readonly { count: number }[]): number => entries.reduce((all, { count }) => all + count, 0);

test('counts by source, code and time what is more than its allowance; nothing is lost', () => {
  let nowMs = 1_000;
  const counter = createRefusalCounter(settings, () => nowMs);
  let recorded = 0;
  for (let i = 0; i < 100; i++) {
    nowMs = 1_000 + i;
    if (counter.admit('192.0.2.1', i % 4 ? 'notPresented' : 'invalidCredential')) recorded++;
  }
  expect(recorded).toBe(5);
  const [entry, ...more] = counter.take();
  expect(more).toEqual([]);
  expect(entry).toMatchObject({ source: '192.0.2.1', count: 95, firstMs: 1_005, lastMs: 1_099 });
  expect([...entry!.codes.values()].reduce((a, b) => a + b)).toBe(95);
  expect(counter.take()).toEqual([]);
});

test('a quiet source has its refusals recorded one by one while another floods', () => {
  const counter = createRefusalCounter(settings, () => 0);
  for (let i = 0; i < 1_000; i++) counter.admit('192.0.2.1', 'notPresented');
  expect(counter.admit('192.0.2.2', 'notPresented')).toBe(true);
});

test('the addresses of one IPv6 subscriber are one source', () => {
  const counter = createRefusalCounter(settings, () => 0);
  for (let i = 0; i < 1_000; i++) counter.admit(`2001:db8:1:2::${i.toString(16)}`, 'notPresented');
  expect(counter.take()).toMatchObject([{ source: '2001:db8:1:2::/64', count: 995 }]);
});

test('all sources together have an allowance, too', () => {
  const counter = createRefusalCounter(settings, () => 0);
  let recorded = 0;
  for (let i = 0; i < 5_000; i++) if (counter.admit(`10.0.${i >> 8}.${i & 255}`, 'notPresented')) recorded++;
  expect(recorded).toBe(50);
  expect(sum(counter.take())).toBe(4_950);
});

test('a flood from very many addresses is counted in bounded memory, the rest in one entry', () => {
  const counter = createRefusalCounter(settings, () => 0);
  let recorded = 0;
  for (let i = 0; i < 50_000; i++)
    if (counter.admit(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 'misdirected')) recorded++;
  const entries = counter.take();
  expect(entries.length).toBe(10_001);
  expect(entries.at(-1)).toMatchObject({ source: '' });
  expect(recorded + sum(entries)).toBe(50_000);
});
