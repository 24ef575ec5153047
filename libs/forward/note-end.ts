import type { ClientHttp2Stream } from 'node:http2';

/**
 * Whether a stream ended because its sender said so. Node ends a stream's readable side alike for END_STREAM, for
 * RST_STREAM with NO_ERROR or CANCEL, and for a lost connection, without an error; a proxy that gives up in mid-answer
 * (Envoy resets with NO_ERROR) would look like the end of a whole one. Only for END_STREAM does the end come while the
 * stream is not closed yet.
 *
 * @returns asked once the stream has emitted `end`.
 */
export function noteEnd(stream: ClientHttp2Stream): () => boolean {
  const push = stream.push;
  let whole: boolean | undefined;
  stream.push = function (this: ClientHttp2Stream, chunk: unknown, encoding?: BufferEncoding) {
    if (chunk === null) whole ??= !this.closed;
    return push.call(this, chunk, encoding);
  };
  return () => whole === true;
}
