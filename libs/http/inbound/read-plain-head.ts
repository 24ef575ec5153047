import { HEADER_LINES, readHeaderLines } from '../header-lines.ts';

export interface PlainHead {
  readonly method: 'GET' | 'HEAD';
  readonly target: string;
  /** Flat, as received, values without the blanks around them. */
  readonly rawHeaders: string[];
  /** The client wants the connection to end behind the answer. */
  readonly closes: boolean;
  /** Where the head ends, behind its empty line. */
  readonly end: number;
}

/** Of a plain request, with its empty line; longer ones are Node's. */
export const MAX_PLAIN_HEAD_BYTES = 16 * 1024;
/** A target in origin form; what the pipeline thinks of it is the pipeline's. */
const REQUEST_LINE = /^(GET|HEAD) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
/** What gives a request a body, or another protocol, and so is no plain one; by length. */
const NOT_PLAIN = new Map([
  [6, ['expect']],
  [7, ['upgrade', 'trailer']],
  [14, ['content-length', 'http2-settings']],
  [16, ['proxy-connection']],
  [17, ['transfer-encoding']],
]);

/**
 * Reads the head of a plain request at the beginning of `text` (one character a byte): GET or HEAD in HTTP/1.1, without
 * a body and without an upgrade. Stricter than Node's parser: what this reads, Node's
 * parser reads in the same way (`read-plain-head.test.ts` compares them).
 *
 * @returns undefined for all else (a head that is not whole, is odd or is large): Node's parser then judges.
 */
export function readPlainHead(text: string): PlainHead | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0 || end + 4 > MAX_PLAIN_HEAD_BYTES) return undefined;
  const lineEnd = text.indexOf('\r\n');
  const line = REQUEST_LINE.exec(text.slice(0, lineEnd));
  const lines = text.slice(lineEnd, end);
  if (!line || !HEADER_LINES.test(lines)) return undefined;
  const rawHeaders: string[] = [];
  let closes = false;
  readHeaderLines(lines, rawHeaders);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 10 && name.toLowerCase() === 'connection') {
      const option = (rawHeaders[i + 1] as string).toLowerCase();
      if (option === 'close') closes = true;
      else if (option !== 'keep-alive') return undefined;
    } else if (NOT_PLAIN.get(name.length)?.includes(name.toLowerCase())) return undefined;
  }
  return { method: line[1] as PlainHead['method'], target: line[2] as string, rawHeaders, closes, end: end + 4 };
}
