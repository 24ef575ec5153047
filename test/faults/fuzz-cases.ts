/**
 * Odd exchanges: what an upstream may send, how its connection may end, and how a client may behave meanwhile. Each is
 * made of a seed and a number, so that it can be made again. Every body holds the mark of its case, so that bytes that
 * reach somebody else are seen; what no client may ever see holds the word STRAY.
 */
import { crc32 } from 'node:zlib';
import { createRandom } from '../support/mutate-text.ts';
import { ASKING, ODDITIES, pick, responsesOf, type Asking, type Random } from './odd-responses.ts';

/** What the upstream's bytes are. */
export type Kind =
  /** A valid response, all of it. */
  | 'whole'
  /** The beginning of a valid response that is not over by that. */
  | 'cut'
  /** With something in it that no server should send; what is right is not known, only what is never right. */
  | 'odd';

export type Ending = 'keep' | 'fin' | 'reset' | 'stall';
export type Leaving =
  | 'stays'
  | 'reset while it waits'
  | 'reset in mid-response'
  | 'ends its side'
  | 'garbage behind'
  | 'slow';

export interface FuzzCase {
  readonly name: string;
  readonly asking: Asking;
  readonly kind: Kind;
  /** What was done to the response, in words. */
  readonly what: string;
  /** Written one after the other, with pauses. */
  readonly pieces: readonly Buffer[];
  readonly ending: Ending;
  readonly client: Leaving;
  /** Of a whole response. */
  readonly status: number;
  readonly body: string;
  /** The upstream does not wait for the body of a POST. */
  readonly early: boolean;
}

/**
 * What a case's bodies are made of: its name and a checksum, so that a mutated mark is not taken for another case's.
 */
export const markOf = (name: string): string => `<${name}.${checksumOf(name)}>`;

/** @returns the names of the cases whose marks are in `text`. */
export const namesMarkedIn = (text: string): string[] =>
  [...text.matchAll(/<(c\d{7})\.([0-9a-f]{8})>/g)].flatMap(([, name, checksum]) =>
    checksumOf(name!) === checksum ? [name!] : [],
  );

const checksumOf = (name: string): string => crc32(name).toString(16).padStart(8, '0');

export function makeCase(seed: number, index: number): FuzzCase {
  const random = createRandom(Math.imul(seed + index, 2654435761) >>> 0);
  for (let warm = 0; warm < 5; warm++) random();
  const name = `c${String(index).padStart(7, '0')}`;
  const asking = pick(random, ASKING);
  const response = pick(random, responsesOf(asking, { name, mark: markOf(name) }, random));
  const client =
    random() < 0.75
      ? 'stays'
      : pick<Leaving>(random, [
          'reset while it waits',
          'reset in mid-response',
          'ends its side',
          'garbage behind',
          'slow',
        ]);
  const base = {
    name,
    asking,
    client,
    status: response.status,
    body: asking === 'HEAD' ? '' : response.body,
    early: random() < 0.2,
  };
  const whole = asking === 'HEAD' ? response.head : response.head + response.coded;
  const choice = random();
  if (choice < 0.25) {
    // Behind a whole response on a connection that could be used again: bytes that belong to nobody.
    const stray = random() < 0.3 && !response.untilClose && !response.switches;
    const ending = response.untilClose || response.switches || random() < 0.3 ? 'fin' : 'keep';
    const pieces = stray
      ? [Buffer.from(`${whole}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nSTRAY`, 'latin1')]
      : inPieces(whole, random);
    return { ...base, kind: 'whole', what: `${response.what}${stray ? ', with bytes behind it' : ''}`, pieces, ending };
  }
  if (choice < 0.55) {
    const isOver = asking !== 'HEAD' && (response.untilClose === true || response.switches === true);
    const end = isOver ? response.head.length + Math.floor(random() * response.coded.length) : whole.length;
    const at = Math.floor(random() * end);
    // An end makes a body without a length whole; only a reset says that it is not.
    const ending: Ending =
      isOver && at >= response.head.length ? 'reset' : pick(random, ['fin', 'reset', 'fin', 'reset', 'stall']);
    return {
      ...base,
      kind: 'cut',
      what: `${response.what}, cut at ${at} of ${whole.length}`,
      pieces: inPieces(whole.slice(0, at), random),
      ending,
    };
  }
  const odd = pick(random, ODDITIES)(response, random, name);
  const ending = pick<Ending>(random, ['keep', 'fin', 'fin', 'reset']);
  return { ...base, kind: 'odd', what: `${response.what}, ${odd.what}`, pieces: inPieces(odd.text, random), ending };
}

function inPieces(text: string, random: Random): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  if (random() < 0.5 || bytes.length < 2) return [bytes];
  const cuts = Array.from(
    { length: 1 + Math.floor(random() * 3) },
    () => 1 + Math.floor(random() * (bytes.length - 1)),
  ).toSorted((a, b) => a - b);
  return [0, ...cuts]
    .map((from, index) => bytes.subarray(from, [...cuts, bytes.length][index]))
    .filter(({ length }) => length > 0);
}
