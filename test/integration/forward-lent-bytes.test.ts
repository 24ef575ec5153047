import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerOf, open } from '../support/ask-gateway.ts';
import { startUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';
import { createRandom } from '../support/mutate-text.ts';

/** Buffers of answers are used again for others' (libs/http/gather-pieces.ts): none may be used too early. */
const ANSWERS = 600;
const AT_ONCE = 40;

let upstream: TestUpstream;
let world: ForwardWorld;

/** Each answer is one of 250 byte values over and over; half of them sized, half in chunks. */
const valueOf = (index: number): number => 1 + (index % 250);
const sizeOf = (index: number): number => 100_000 + ((index * 7919) % 2_000_000);

beforeAll(async () => {
  upstream = await startUpstream({
    onRequest(request, response) {
      const index = Number(/namespaces\/n(\d+)\//.exec(request.url ?? '')?.[1]);
      // The gateway's own questions.
      if (Number.isNaN(index)) return void response.writeHead(404).end();
      const body = Buffer.alloc(sizeOf(index), valueOf(index));
      if (index % 2 === 0) return void response.writeHead(200, { 'content-length': body.length }).end(body);
      response.writeHead(200);
      for (let at = 0; at < body.length; at += 50_000) response.write(body.subarray(at, at + 50_000));
      response.end();
    },
  });
  world = await startForwardWorld({ up: upstream });
});

afterAll(async () => {
  await world.stop();
  await upstream.stop();
});

interface Seen {
  readonly index: number;
  readonly whole: boolean;
  readonly foreign: number;
}

async function readOne(index: number, leavesAfter: number, pauseMs: number): Promise<Seen> {
  const request = open(world, `/clusters/up/api/v1/namespaces/n${index}/pods`);
  request.on('error', () => {});
  request.end();
  const answer = await answerOf(request);
  const expected = Buffer.alloc(64 * 1024, valueOf(index));
  let [length, foreign] = [0, 0];
  answer.on('error', () => {});
  answer.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (!chunk.equals(expected.subarray(0, chunk.length))) foreign++;
    if (length > leavesAfter) return void answer.destroy();
    if (pauseMs === 0) return;
    answer.pause();
    setTimeout(() => answer.resume(), pauseMs);
  });
  await new Promise<void>((resolve) => answer.once('close', resolve));
  return { index, whole: length === sizeOf(index), foreign };
}

it('nobody gets a byte of another’s answer, while some read slowly and some leave', { timeout: 60_000 }, async () => {
  const random = createRandom(3);
  const seen: Seen[] = [];
  let next = 0;
  const reader = async (): Promise<void> => {
    while (next < ANSWERS) {
      const index = next++;
      const leavesAfter = random() < 0.3 ? random() * 500_000 : Number.POSITIVE_INFINITY;
      seen.push(await readOne(index, leavesAfter, random() < 0.2 ? 5 : 0));
      await sleep(1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  const whole = seen.filter((one) => one.whole).length;
  console.log(`${whole} of ${seen.length} answers read to their end`);
  expect(whole).toBeGreaterThan(ANSWERS / 2);
  expect(seen.filter(({ foreign }) => foreign > 0)).toEqual([]);
});
