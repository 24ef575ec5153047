/**
 * HTTP/1.1 as far as the gateway reads and writes it itself, since Node's own objects are the larger part of what a
 * short request costs (ADR 22). Only what is plain: a GET or HEAD without a body, whole in one read. All else is Node's.
 * And the buffers in which bodies and tunnels gather what comes in pieces.
 */
export { atEndOfTurn } from './at-end-of-turn.ts';
export { readHeaderLines, HEADER_LINES, TOKEN } from './header-lines.ts';
export { readPlainHead, type PlainHead } from './read-plain-head.ts';
export { PlainConnection, type PlainConnectionPorts } from './plain-connection.ts';
export { GATHERED_BYTES, giveBack, PieceGatherer } from './gather-pieces.ts';
export { readIntoOneBuffer } from './read-into-one-buffer.ts';
export type { PlainAnswer } from './plain-answer.ts';
export type { ClientAnswer, ClientRequest, PlainRequest } from './client.ts';
