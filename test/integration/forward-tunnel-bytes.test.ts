import type { Duplex } from 'node:stream';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lendReads, READ_TO_LEND } from '../../libs/http/lend-reads.ts';
import { connectTo, until } from '../support/ask-gateway.ts';
import { makeCertificate, startUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';
import { createRandom } from '../support/mutate-text.ts';
import { drained } from '../support/wait-drained.ts';

/**
 * Tunnels read and write through buffers that are used again, for others too (libs/http/lend-reads.ts,
 * libs/http/gather-pieces.ts). Each byte tells whose it is and where it belongs, so that one that is lost, doubled,
 * out of order or somebody else's is seen where it arrives.
 */
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const END_OF_HEAD = '\r\n\r\n';
/** A prime, so that no buffer's size is a multiple of it. */
const PERIOD = 251;
const LARGEST_PIECE = 40_000;
const REFUSAL_BYTES = 3_000_000;
const WITHIN_MS = 20_000;

let upstream: TestUpstream;
let world: ForwardWorld;
let onUpgrade: (stream: number, socket: Duplex) => void;

beforeAll(async () => {
  upstream = await startUpstream({
    // The gateway's own questions.
    onRequest: (_request, response) => void response.writeHead(404).end(),
    onUpgrade(request, socket) {
      socket.on('error', () => {});
      onUpgrade(Number(/namespaces\/n(\d+)\//.exec(request.url ?? '')?.[1]), socket);
    },
  });
  world = await startForwardWorld({ up: upstream });
});

afterAll(async () => {
  await world.stop();
  await upstream.stop();
});

/** What stands at an offset of a stream; no two of 200 neighbours agree at any. */
const block = Buffer.from(Array.from({ length: PERIOD + REFUSAL_BYTES }, (_, at) => at % PERIOD));
const expectedAt = (stream: number, at: number, length: number): Buffer => {
  const from = (at + stream) % PERIOD;
  return block.subarray(from, from + length);
};

/** Checks what arrives against what was to come. */
class Checked {
  length = 0;
  wrongAt: number | undefined;
  readonly #stream: number;

  constructor(stream: number) {
    this.#stream = stream;
  }

  take(piece: Buffer): void {
    if (!piece.equals(expectedAt(this.#stream, this.length, piece.length))) this.wrongAt ??= this.length;
    this.length += piece.length;
  }
}

/** @param pauseEvery of so many pieces, one is followed by a rest; 0 for none. */
function check(stream: number, socket: Duplex, pauseEvery = 0, checked = new Checked(stream)): Checked {
  let pieces = 0;
  socket.on('data', (piece: Buffer) => {
    checked.take(piece);
    if (pauseEvery === 0 || ++pieces % pauseEvery !== 0) return;
    socket.pause();
    setTimeout(() => socket.resume(), 2);
  });
  return checked;
}

/** As of kubectl's protocols: heads of some bytes between pieces of up to some TLS records. */
function nextPiece(stream: number, at: number, end: number, random: () => number): Buffer {
  const wanted = 1 + Math.floor(random() * (random() < 0.4 ? 12 : LARGEST_PIECE));
  return expectedAt(stream, at, Math.min(wanted, end - at));
}

async function pour(stream: number, into: Duplex, size: number, random: () => number, from = 0): Promise<void> {
  for (let at = from; at < size && !into.destroyed;) {
    const piece = nextPiece(stream, at, size, random);
    at += piece.length;
    if (into.write(piece)) {
      if (random() < 0.02) await new Promise((resolve) => setImmediate(resolve));
    } else await drained(into);
  }
}

/** The client's socket behind the 101's head. */
async function upgrade(stream: number, early: Buffer = Buffer.alloc(0)): Promise<{ socket: Socket; first: Buffer }> {
  const socket = await connectTo(world);
  const head = `GET /clusters/up/api/v1/namespaces/n${stream}/pods/p/exec HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  socket.write(Buffer.concat([Buffer.from(head), early]));
  let read = Buffer.alloc(0);
  while (!read.includes(END_OF_HEAD)) {
    await new Promise((resolve) => socket.once('readable', resolve));
    read = Buffer.concat([read, (socket.read() as Buffer | null) ?? Buffer.alloc(0)]);
  }
  expect(read.toString('latin1')).toMatch(/^HTTP\/1\.1 101 /);
  return { socket, first: read.subarray(read.indexOf(END_OF_HEAD) + END_OF_HEAD.length) };
}

async function expectWhole(what: string, size: number, ...each: Checked[]): Promise<void> {
  await until(() => each.every((one) => one.length >= size || one.wrongAt !== undefined), WITHIN_MS, what);
  expect(each.map(({ length, wrongAt }) => ({ length, wrongAt }))).toEqual(
    each.map(() => ({ length: size, wrongAt: undefined })),
  );
}

it.each([
  ['to readers that keep up', 0, 0],
  ['to a client that reads slowly', 3, 0],
  ['to an upstream that reads slowly', 0, 3],
])('pieces of all sizes arrive whole and in order, both ways at once, %s', async (_who, clientRests, upstreamRests) => {
  const size = 6_000_000;
  const random = createRandom(5);
  let atUpstream: Checked | undefined;
  onUpgrade = (stream, socket) => {
    atUpstream = check(stream, socket, upstreamRests);
    socket.write(SWITCHED);
    void pour(stream, socket, size, random);
  };
  const { socket, first } = await upgrade(7);
  const atClient = new Checked(7);
  atClient.take(first);
  check(7, socket, clientRests, atClient);
  void pour(7, socket, size, random);
  await expectWhole('all bytes', size, atClient, atUpstream as unknown as Checked);
  socket.destroy();
});

it('what comes in the record of the 101, and in those right behind it, comes first and once', async () => {
  const size = 200_000;
  const random = createRandom(11);
  for (let round = 0; round < 60; round++) {
    const inFirstRecord = Math.floor(random() * 12_000);
    const atOnce = inFirstRecord + (round % 2 === 0 ? 0 : 60_000);
    const early = expectedAt(round, 0, Math.floor(random() * 3000));
    let atUpstream: Checked | undefined;
    onUpgrade = (stream, socket) => {
      atUpstream = check(stream, socket);
      // One write: records that the gateway reads in one turn, before or after it knows of the tunnel.
      socket.cork();
      socket.write(Buffer.concat([Buffer.from(SWITCHED), expectedAt(stream, 0, inFirstRecord)]));
      let at = inFirstRecord;
      while (at < atOnce) {
        const piece = nextPiece(stream, at, atOnce, random);
        socket.write(piece);
        at += piece.length;
      }
      socket.uncork();
      void pour(stream, socket, size, random, at);
    };
    const { socket, first } = await upgrade(round, early);
    const atClient = new Checked(round);
    atClient.take(first);
    check(round, socket, 0, atClient);
    void pour(round, socket, size, random, early.length);
    await expectWhole(`round ${round}`, size, atClient, atUpstream as unknown as Checked);
    socket.destroy();
  }
});

it('what a stream holds when it begins to lend comes before what is read later', async () => {
  const size = 60_000;
  const checked = new Checked(3);
  const { cert, private: key } = await makeCertificate();
  const server = createServer({ cert, key }, (socket) => {
    socket.write(expectedAt(3, 0, size / 2));
    socket.on('data', () => socket.write(expectedAt(3, size / 2, size / 2)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...READ_TO_LEND });
  // Nobody reads yet, so it is the stream that has them.
  await until(() => socket.readableLength > 0, 5000, 'the first bytes');
  lendReads(socket, (piece) => checked.take(piece));
  expect(checked.length).toBeGreaterThan(0);
  socket.write('more');
  await expectWhole('all bytes', size, checked);
  socket.destroy();
  server.close();
});

it('nobody gets a byte of another’s stream, while some read slowly and some leave', { timeout: 60_000 }, async () => {
  const size = 700_000;
  const random = createRandom(13);
  const all: Checked[] = [];
  onUpgrade = (stream, socket) => {
    all.push(check(stream, socket, stream % 5 === 0 ? 2 : 0));
    socket.write(SWITCHED);
    void pour(stream, socket, size, random);
  };
  let next = 0;
  let whole = 0;
  const one = async (): Promise<void> => {
    while (next < 200) {
      const stream = next++;
      const { socket, first } = await upgrade(stream);
      const checked = new Checked(stream);
      checked.take(first);
      all.push(check(stream, socket, stream % 4 === 0 ? 2 : 0, checked));
      void pour(stream, socket, size, random);
      const leavesAfter = stream % 3 === 0 ? Math.floor(random() * size) : size;
      await until(() => checked.length >= leavesAfter, WITHIN_MS, `stream ${stream}`);
      if (checked.length === size) whole++;
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: 20 }, one));
  console.log(`${whole} of ${next} streams read to their end`);
  expect(whole).toBeGreaterThan(100);
  expect(all.filter(({ wrongAt }) => wrongAt !== undefined)).toEqual([]);
});

it('a refusal with a long body is relayed whole to a client that reads slowly', async () => {
  const socket = await connectTo(world);
  onUpgrade = (stream, into) => {
    into.write(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${REFUSAL_BYTES}\r\n\r\n`);
    into.write(expectedAt(stream, 0, REFUSAL_BYTES));
  };
  socket.write(
    `GET /clusters/up/api/v1/namespaces/n9/pods/p/exec HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );
  const received: Buffer[] = [];
  socket.on('data', (piece: Buffer) => {
    received.push(piece);
    socket.pause();
    setTimeout(() => socket.resume(), 1);
  });
  await new Promise((resolve) => socket.once('close', resolve));
  const answer = Buffer.concat(received);
  const body = answer.subarray(answer.indexOf(END_OF_HEAD) + END_OF_HEAD.length);
  expect(answer.toString('latin1', 0, 12)).toBe('HTTP/1.1 403');
  expect(body.equals(expectedAt(9, 0, REFUSAL_BYTES))).toBe(true);
});
