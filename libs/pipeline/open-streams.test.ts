import { expect, test } from 'vitest';
import type { RequestInfo } from '#model';
import { createOpenStreams, type OpenStreams } from './open-streams.ts';
import type { LiveCredentials, OpenedBy } from './rejudge.ts';

const ISSUER = 'https://id.example';
const person = (subject: string) => ({ issuerUrl: ISSUER, subject });

/** The credential of every stream expires at 10: a stream that is judged after that is cut. */
function open(findAlive: () => Promise<LiveCredentials> = () => Promise.resolve(new Map())) {
  const world = { nowMs: 0, problems: [] as unknown[], cut: [] as string[] };
  const streams = createOpenStreams({
    snapshot: () => ({}) as never,
    mapping: {} as never,
    disabledPeople: { has: () => false },
    findAlive,
    onProblem: (problem) => void world.problems.push(problem),
    now: () => world.nowMs,
  });
  const add = (subject: string, judgedAt = streams.epoch()): (() => void) => {
    const credential = { kind: 'token', id: subject };
    const identity = { ...person(subject), credential, expiresAtMs: 10 } as unknown as OpenedBy['identity'];
    const opened = { identity, request: {} as RequestInfo } as unknown as OpenedBy;
    return streams.add(opened, () => void world.cut.push(subject), judgedAt);
  };
  return { streams, world, add };
}
const judgedBy = async (streams: OpenStreams, act: () => Promise<unknown>): Promise<number> => {
  const before = streams.judgements();
  await act();
  return streams.judgements() - before;
};

test('a change of one person’s credentials judges that person’s streams alone', async () => {
  const { streams, world, add } = open();
  for (const subject of ['alice', 'alice', 'bob']) add(subject);
  world.nowMs = 10;
  expect(await judgedBy(streams, () => streams.recheck([person('alice'), person('nobody')]))).toBe(2);
  expect(world.cut).toEqual(['alice', 'alice']);
  expect(await judgedBy(streams, () => streams.recheck('everyone'))).toBe(3);
});

test('a recheck during another one waits for a second run, which judges everybody asked for meanwhile', async () => {
  const reads: (() => void)[] = [];
  const { streams, world, add } = open(() => new Promise((resolve) => reads.push(() => resolve(new Map()))));
  for (const subject of ['alice', 'bob', 'carol']) add(subject);
  world.nowMs = 10;
  const first = streams.recheck([person('alice')]);
  const later = Promise.all([streams.recheck([person('bob')]), streams.recheck([person('carol')])]);
  reads[0]?.();
  await expect.poll(() => reads.length).toBe(2);
  expect(world.cut).toEqual(['alice']);
  reads[1]?.();
  await Promise.all([first, later]);
  expect(world.cut).toEqual(['alice', 'bob', 'carol']);
});

test('a stream that was judged before a recheck and added after it is judged again by itself', async () => {
  const { streams, world, add } = open();
  add('bob');
  const judgedAt = streams.epoch();
  world.nowMs = 10;
  await streams.recheck([person('carol')]);
  const added = await judgedBy(streams, async () => {
    add('alice', judgedAt);
    await expect.poll(() => world.cut).toEqual(['alice']);
  });
  expect(added).toBe(1);
  add('dave');
  await new Promise((resolve) => setImmediate(resolve));
  expect(world.cut).toEqual(['alice']);
});

test('what cannot be found out cuts nobody, and the next recheck works', async () => {
  let away = true;
  const { streams, world, add } = open(() => (away ? Promise.reject(new Error('away')) : Promise.resolve(new Map())));
  add('alice');
  world.nowMs = 10;
  await streams.recheck('everyone');
  expect([world.cut, world.problems.length]).toEqual([[], 1]);
  away = false;
  await streams.recheck('everyone');
  expect(world.cut).toEqual(['alice']);
});
