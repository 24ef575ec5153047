/**
 * The upstreams of the fault scenarios. What a request gets is named in its target (`?do=half`), so that a scenario is
 * read in one place; what belongs to one run is found by the run's name in the target (`&run=7`).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { startUpstream, type TestUpstream, type UpstreamRequest } from '../support/forward-upstream.ts';
import { startByteUpstream, type BytePeer, type ByteRequest, type ByteUpstream } from './byte-upstream.ts';
import { digestOf } from './read-responses.ts';

export interface ScriptedUpstreams {
  /** HTTP/1.1 only. */
  readonly one: ByteUpstream;
  /** Also HTTP/2. Its HTTP/2 connection carries the bystander's watch, and is never closed. */
  readonly two: TestUpstream;
  /** Also HTTP/2; each run opens connections of its own. */
  readonly three: TestUpstream;
  /** By the run's name. */
  readonly peers: Map<string, BytePeer>;
  readonly tunnelled: Map<string, Buffer>;
  /** The bystander's watch. */
  watch: ServerResponse | undefined;
  /** Closes what no bystander uses, as a server does with idle connections. */
  closeIdle(): void;
  stop(): Promise<void>;
}

export const BIG_BYTES = 6 * 1024 * 1024;
const BIG = Buffer.alloc(BIG_BYTES, 'the quick brown fox jumps over the lazy dog\n');
const BYSTANDER = 'bystander';
const CHUNKED = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n';
const sized = (body: string, status = '200 OK', more = ''): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const event = (index: number): string => `{"type":"ADDED","index":${index}}\n`;

export async function startScriptedUpstreams(): Promise<ScriptedUpstreams> {
  const peers = new Map<string, BytePeer>();
  const tunnelled = new Map<string, Buffer>();
  const one = await startByteUpstream((request, peer) => {
    const script = scriptOf(request.target);
    peers.set(script.run, peer);
    void respondInBytes(script, request, peer, (bytes) =>
      tunnelled.set(script.run, Buffer.concat([tunnelled.get(script.run) ?? Buffer.alloc(0), bytes])),
    );
  });
  const onRequest = (request: UpstreamRequest, response: ServerResponse): void => {
    const script = scriptOf(request.url ?? '');
    if (script.run === BYSTANDER) upstreams.watch = response;
    void respondByNode(script, request, response);
  };
  const two = await startUpstream({ onRequest });
  const three = await startUpstream({ onRequest });
  const upstreams: ScriptedUpstreams = {
    one,
    two,
    three,
    peers,
    tunnelled,
    watch: undefined,
    closeIdle() {
      one.closeAll((socket) => socket === peers.get(BYSTANDER)?.socket);
      for (const { socket, protocol } of two.open()) if (protocol !== 'h2') socket.destroy();
      for (const { socket } of three.open()) socket.destroy();
    },
    async stop() {
      await Promise.all([one.stop(), two.stop(), three.stop()]);
    },
  };
  return upstreams;
}

interface Script {
  readonly act: string;
  readonly run: string;
}

function scriptOf(target: string): Script {
  const query = new URLSearchParams(target.slice(target.indexOf('?') + 1));
  return { act: query.get('do') ?? 'sized', run: query.get('run') ?? '' };
}

/** Everything that Node's server would not send, and what it would. */
async function respondInBytes(
  { act, run }: Script,
  request: ByteRequest,
  peer: BytePeer,
  received: (bytes: Buffer) => void,
): Promise<void> {
  const { socket } = peer;
  const isHead = request.method === 'HEAD';
  switch (act) {
    case 'sized':
      return void socket.write(isHead ? sized(run).slice(0, -run.length) : sized(run));
    case 'large':
      return void socket.write(sized('x'.repeat(100_000)));
    case 'slow':
      await sleep(120);
      return void socket.write(sized(run));
    case 'stalls':
      return void socket.write(sized('x'.repeat(1000)).slice(0, -500));
    case 'chunked':
      socket.write(CHUNKED + chunk('hello '));
      await sleep(2);
      return void socket.write(`${chunk('world')}0\r\nX-Sum: 1\r\n\r\n`);
    case 'close':
      socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil `);
      await sleep(2);
      return void socket.end('the end');
    case 'big':
      socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${BIG_BYTES.toString(16)}\r\n`);
      return void socket.write(Buffer.concat([BIG, Buffer.from('\r\n0\r\n\r\n')]));
    case 'half':
      socket.write(sized('x'.repeat(1000)).slice(0, -500));
      await sleep(5);
      return peer.reset();
    case 'halfChunked':
      return void socket.end(`${CHUNKED}10\r\nhalf`);
    case 'odd':
      return void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n');
    case 'reset':
      return peer.reset();
    case 'resetOnReuse':
      if (peer.requests > 1) return peer.reset();
      return void socket.write(sized(run));
    case 'never':
      return;
    case 'unauthorized':
      return void socket.write(sized('no', '401 Unauthorized'));
    case 'echo':
      return void socket.write(sized(digestOf(await request.body)));
    case 'early':
      return void socket.write(sized('too much', '413 Content Too Large', 'Connection: close\r\n'));
    case 'events':
      socket.write(CHUNKED);
      for (let index = 0; index < 3; index++) {
        socket.write(chunk(event(index)));
        await sleep(2);
      }
      return void socket.write('0\r\n\r\n');
    case 'stay':
      return void socket.write(CHUNKED + chunk(event(0)));
    case 'refused':
      return void socket.write(sized('refused', '403 Forbidden'));
    case 'refusedBig':
      socket.write(`HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n${(BIG_BYTES / 4).toString(16)}\r\n`);
      return void socket.write(Buffer.concat([BIG.subarray(0, BIG_BYTES / 4), Buffer.from('\r\n0\r\n\r\n')]));
    case 'refusedHalf':
      socket.write(sized('x'.repeat(1000), '403 Forbidden').slice(0, -500));
      await sleep(5);
      return peer.reset();
    default:
      return await tunnel(act, request, peer, received);
  }
}

async function tunnel(
  act: string,
  request: ByteRequest,
  peer: BytePeer,
  received: (bytes: Buffer) => void,
): Promise<void> {
  const { socket } = peer;
  const protocol = request.headers.get('upgrade') ?? '';
  const early = act === 'tunnelEarly' ? 'early ' : '';
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n${early}`);
  peer.onBytes((bytes) => {
    received(bytes);
    if (!bytes.includes('quiet')) socket.write(bytes);
  });
  // The client is done: so are we, with all that we had to say.
  socket.on('end', () => socket.end());
  if (act === 'tunnelBig') socket.write(BIG);
  if (act === 'tunnelEnds') socket.end('x'.repeat(100_000));
  if (act === 'tunnelReset') {
    socket.write('before the reset');
    await sleep(10);
    peer.reset();
  }
}

/** Over HTTP/2, and over HTTP/1.1 as Node writes it. */
async function respondByNode({ act, run }: Script, request: UpstreamRequest, response: ServerResponse): Promise<void> {
  request.resume();
  response.on('error', () => {});
  response.writeHead(200, { 'content-type': 'application/json' });
  if (act === 'sized') return void response.end(run);
  response.write(event(0));
  if (run === BYSTANDER || act === 'stay') return;
  await sleep(2);
  if (act === 'resetStream') return void request.stream?.close(2);
  if (act === 'cleanReset') return void request.stream?.close(0);
  if (act === 'lost') return void request.stream?.session?.destroy();
  if (act === 'big') response.write(BIG.subarray(0, BIG_BYTES / 2));
  response.write(event(1));
  if (act === 'trailers') response.addTrailers({ 'x-sum': '1' });
  response.end(event(2));
}
