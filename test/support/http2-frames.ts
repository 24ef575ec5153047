import type { TLSSocket } from 'node:tls';

/** RFC 9113 frames by hand, for what Node's server cannot be made to send: resets and ends of every kind. */
export const TYPE = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7 } as const;
const ACK = 1;
export const END_STREAM = 1;
const END_HEADERS = 4;

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export const reset = (stream: number, code: number): Buffer => frame(TYPE.reset, 0, stream, uint32(code));
export const goaway = (lastStream: number, code: number): Buffer =>
  frame(TYPE.goaway, 0, 0, Buffer.concat([uint32(lastStream), uint32(code)]));
export const data = (stream: number, text: string, flags = 0): Buffer =>
  frame(TYPE.data, flags, stream, Buffer.from(text));
/** `:status: 200` and nothing else: index 8 of HPACK's static table. */
export const answer = (stream: number, flags = 0): Buffer =>
  frame(TYPE.headers, END_HEADERS | flags, stream, Buffer.from([0x88]));

/**
 * Serves one HTTP/2 connection: settings, pings and their acknowledgements are answered, requests are told by the
 * number of their stream.
 */
export function serveFrames(
  socket: TLSSocket,
  options: {
    onRequest: (stream: number) => void;
    onReset?: (stream: number, code: number) => void;
    maxConcurrentStreams?: number;
    answersPings?: boolean;
  },
): void {
  let buffer = Buffer.alloc(0);
  let greeted = false;
  const settings = Buffer.concat([Buffer.from([0, 3]), uint32(options.maxConcurrentStreams ?? 100)]);
  socket.write(frame(TYPE.settings, 0, 0, settings));
  socket.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    if (!greeted) {
      if (buffer.length < 24) return;
      buffer = buffer.subarray(24);
      greeted = true;
    }
    while (buffer.length >= 9 && buffer.length >= 9 + buffer.readUIntBE(0, 3)) {
      const length = buffer.readUIntBE(0, 3);
      const [type, flags, stream] = [buffer[3], buffer[4] as number, buffer.readUInt32BE(5)];
      const payload = buffer.subarray(9, 9 + length);
      buffer = buffer.subarray(9 + length);
      if (type === TYPE.settings && !(flags & ACK)) socket.write(frame(TYPE.settings, ACK, 0));
      else if (type === TYPE.ping && !(flags & ACK) && options.answersPings !== false)
        socket.write(frame(TYPE.ping, ACK, 0, payload));
      else if (type === TYPE.headers) options.onRequest(stream);
      else if (type === TYPE.reset) options.onReset?.(stream, payload.readUInt32BE(0));
    }
  });
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
