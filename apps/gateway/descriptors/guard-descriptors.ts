import type { Socket } from 'node:net';
import { describeError, isOutOfDescriptors } from '#errors';
import type { Log } from '../log.ts';
import { followOpenDescriptors, readDescriptorLimit, type OpenDescriptors } from './read-descriptors.ts';

/** Keeps descriptors for what is being served, for a refusal in words, for health checks and for the database. */
export interface DescriptorGuard {
  /** Judges a new connection before TLS: accepted, accepted from the reserve, or closed. */
  onConnection(socket: Socket): void;
  /** The system could not give the process a connection. */
  onAcceptError(error: Error): void;
  /** Whether a connection was accepted from the reserve: it may ask for health, and gets a refusal for anything else. */
  isReserved(socket: Socket): boolean;
  /** Counts the connection of a request that was refused in words. */
  countRefused(): void;
  /** Connections refused since the start. */
  refused(): number;
  /** Why no new connection is served now; undefined where they are. */
  problem(): string | undefined;
  stop(): void;
}

/** With so few left a new connection is refused in words; the rest is for connections to clusters and for files. */
export const RESERVED_DESCRIPTORS = 64;
/** With so few left it is closed at once. */
const LAST_DESCRIPTORS = 16;
/** A connection from the reserve is closed after this, whatever it does: 48 silent clients would else keep health checks out. */
const RESERVED_FOR_MS = 5_000;
const LOOK_EVERY_MS = 1_000;
/** Between two lines of the log; a shortage is over when there was none for this long. */
const LINE_EVERY_MS = 60_000;

/** The guard of this process. Where the limit cannot be read it refuses nothing. */
export async function guardDescriptors(log: Log): Promise<DescriptorGuard> {
  const limit = readDescriptorLimit();
  if (limit === undefined) return createDescriptorGuard(Infinity, { count: () => 0, accepted() {}, stop() {} }, log);
  return createDescriptorGuard(limit, await followOpenDescriptors(), log);
}

export function createDescriptorGuard(limit: number, open: OpenDescriptors, log: Log): DescriptorGuard {
  const reserved = new Set<string>();
  let refused = 0;
  /** `refusedBefore` was counted before it began; `lineAtMs` is when the log had its last line. */
  let shortage:
    | { readonly refusedBefore: number; readonly beganAtMs: number; lineAtMs: number; seenAtMs: number }
    | undefined;

  const free = (): number => limit - open.count();

  function noteShortage(connectionsRefused: 0 | 1): void {
    const nowMs = performance.now();
    shortage ??= { refusedBefore: refused, beganAtMs: nowMs, lineAtMs: -Infinity, seenAtMs: nowMs };
    shortage.seenAtMs = nowMs;
    refused += connectionsRefused;
    if (nowMs - shortage.lineAtMs < LINE_EVERY_MS) return;
    shortage.lineAtMs = nowMs;
    log.error('out of file descriptors: new connections are refused; raise the limit of open files', {
      limit,
      open: open.count(),
      refused: refused - shortage.refusedBefore,
    });
  }

  /** Also without a new connection: those that are open may take the last descriptors for upstream connections. */
  function look(): void {
    if (free() <= RESERVED_DESCRIPTORS) return noteShortage(0);
    const nowMs = performance.now();
    if (!shortage || nowMs - shortage.seenAtMs < LINE_EVERY_MS) return;
    log.info('file descriptors are free again', {
      limit,
      open: open.count(),
      refused: refused - shortage.refusedBefore,
      seconds: Math.round((shortage.seenAtMs - shortage.beganAtMs) / 1000),
    });
    shortage = undefined;
  }
  const timer = setInterval(look, LOOK_EVERY_MS).unref();

  return {
    onConnection(socket) {
      open.accepted(socket);
      const left = free();
      if (left > RESERVED_DESCRIPTORS) return;
      const isLast = left <= LAST_DESCRIPTORS;
      noteShortage(isLast ? 1 : 0);
      if (isLast) return void socket.destroy();
      const peer = peerOf(socket);
      reserved.add(peer);
      const deadline = setTimeout(() => socket.destroy(), RESERVED_FOR_MS).unref();
      socket.once('close', () => {
        clearTimeout(deadline);
        reserved.delete(peer);
      });
    },
    onAcceptError(error) {
      if (isOutOfDescriptors(error)) return noteShortage(1);
      log.warn('a connection could not be accepted', { error: describeError(error) });
    },
    isReserved: (socket) => reserved.size > 0 && reserved.has(peerOf(socket)),
    countRefused: () => void refused++,
    refused: () => refused,
    problem: () =>
      free() > RESERVED_DESCRIPTORS ? undefined : `out of file descriptors (the limit of open files is ${limit})`,
    stop() {
      clearInterval(timer);
      open.stop();
    },
  };
}

/** A request names the TLS socket, a new connection the one below it; both have the same peer, and no two open ones have. */
const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remotePort} ${remoteAddress}`;
