import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** RFC 6455, section 1.3. */
const acceptGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Accepts a WebSocket, sends one frame of so many bytes, says goodbye and ends its side. */
export function burstWebSocket(request: IncomingMessage, socket: Socket, bytes: number): void {
  acceptWebSocket(request, socket);
  socket.write(writeFrame(0x82, Buffer.alloc(bytes, 'x')));
  socket.end(writeFrame(0x88, Buffer.alloc(0)));
}

function acceptWebSocket(request: IncomingMessage, socket: Socket): void {
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${acceptGuid}`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}

/** Accepts a WebSocket and sends every frame back, control frames in their own way. */
export function echoWebSocket(request: IncomingMessage, socket: Socket, head: Buffer): void {
  acceptWebSocket(request, socket);
  let pending = head;
  const work = () => {
    for (let frame = readFrame(pending); frame !== undefined; frame = readFrame(pending)) {
      pending = pending.subarray(frame.length);
      socket.write(writeFrame(frame.firstByte, frame.payload));
      if ((frame.firstByte & 0x0f) === 8) return void socket.end();
    }
  };
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    work();
  });
  work();
}

interface Frame {
  /** FIN and opcode, as sent; a ping becomes a pong. */
  firstByte: number;
  payload: Buffer;
  /** Bytes that the frame takes. */
  length: number;
}

function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const second = bytes.readUInt8(1);
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + lengthBytes + 4;
  if (bytes.length < start) return undefined;
  const size = lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < start + size) return undefined;
  const mask = bytes.subarray(start - 4, start);
  const payload = Buffer.from(bytes.subarray(start, start + size));
  // Frames of clients are always masked (RFC 6455, section 5.1).
  for (let index = 0; index < size; index++) payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  const first = bytes.readUInt8(0);
  return { firstByte: (first & 0x0f) === 9 ? (first & 0xf0) | 10 : first, payload, length: start + size };
}

function writeFrame(firstByte: number, payload: Buffer): Buffer {
  const size = payload.length;
  const header = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10);
  header[0] = firstByte;
  header[1] = size < 126 ? size : size < 65_536 ? 126 : 127;
  if (size >= 65_536) header.writeBigUInt64BE(BigInt(size), 2);
  else if (size >= 126) header.writeUInt16BE(size, 2);
  return Buffer.concat([header, payload]);
}
