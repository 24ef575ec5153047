import {
  connect as connectHttp2,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  type ServerSessionOptions,
} from 'node:http2';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { ignoreError, within, type Boundary, type ReportFault } from '../boundary.ts';

/** Streams on one connection, whatever more the peer allows: a lost connection then ends a hundred watches, not thousands. */
const MAX_STREAMS = 100;
/** What one stream may have under way, so also what a slow reader can make the gateway hold for it. */
export const STREAM_WINDOW_BYTES = 256 * 1024;

/** `@types/node` names `strictSingleValueFields` for servers only. */
const SESSION_OPTIONS: ClientSessionOptions & Pick<ServerSessionOptions, 'strictSingleValueFields'> = {
  settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES, maxHeaderListSize: 256 * 1024 },
  maxHeaderListPairs: 2000,
  // The default of 10 MB refuses streams that the windows above allow.
  maxSessionMemory: 64,
  // A client's repeated header goes on as it came, as over HTTP/1.1.
  strictSingleValueFields: false,
};

export interface Http2Times {
  readonly connectMs: number;
  /** A ping goes out this often; also the step in which idleness is noticed. */
  readonly pingEveryMs: number;
  /** A ping that is not answered within this ends the connection: the peer is half open. */
  readonly pingAnswerMs: number;
  /** A connection without streams is closed after this. */
  readonly idleMs: number;
}

/**
 * One TLS connection that the peer agreed to speak HTTP/2 on. Streams are opened only within what the peer allows, so
 * that none waits in a queue; after a GOAWAY none is opened and the open ones go on to their end.
 */
export class Http2Connection implements Boundary {
  readonly #session: ClientHttp2Session;
  readonly #onFree: () => void;
  readonly #reportFault: ReportFault;
  readonly #times: Http2Times;
  readonly #heartbeat: NodeJS.Timeout;
  #limit: number;
  #taken = 0;
  #opened = 0;
  #idleSinceMs = performance.now();

  /** @param onFree called when a stream may be opened again, and when the connection is gone. */
  constructor(session: ClientHttp2Session, times: Http2Times, onFree: () => void, reportFault: ReportFault) {
    this.#session = session;
    this.#times = times;
    this.#onFree = onFree;
    this.#reportFault = reportFault;
    this.#limit = limitOf(session);
    session.on(
      'remoteSettings',
      within(this, () => void (this.#limit = limitOf(session))),
    );
    session.once(
      'close',
      within(this, () => {
        clearInterval(this.#heartbeat);
        onFree();
      }),
    );
    this.#heartbeat = setInterval(
      within(this, () => this.#beat()),
      times.pingEveryMs,
    ).unref();
  }

  /** Every stream of the connection ends with it, and each is an exchange's to report. */
  broke(error: unknown): void {
    this.#session.destroy(error as Error);
    this.#reportFault('an HTTP/2 connection to an upstream', error);
  }

  /** Streams that may be opened now. */
  get free(): number {
    return this.usable ? Math.max(0, this.#limit - this.#taken) : 0;
  }

  /** Streams that are open or reserved. */
  get taken(): number {
    return this.#taken;
  }

  /** False once the peer has said GOAWAY or the connection is lost. */
  get usable(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  /** True where the connection has carried a stream before. */
  get reused(): boolean {
    return this.#opened > 0;
  }

  take(): void {
    this.#taken++;
  }

  giveBack(): void {
    this.#taken--;
    if (this.#taken === 0) this.#idleSinceMs = performance.now();
    this.#onFree();
  }

  open(headers: string[]): ClientHttp2Stream {
    this.#opened++;
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(headers, { endStream: true });
    } catch (error) {
      this.giveBack();
      throw error;
    }
    stream.on('error', ignoreError);
    stream.once(
      'close',
      within(this, () => this.giveBack()),
    );
    return stream;
  }

  /** Open streams go on; resolves when the last has ended. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#session.destroyed) return resolve();
      this.#session.once('close', resolve);
      this.#session.close();
    });
  }

  #beat(): void {
    const session = this.#session;
    if (session.destroyed) return clearInterval(this.#heartbeat);
    if (this.#taken === 0 && performance.now() - this.#idleSinceMs >= this.#times.idleMs) return session.close();
    // A connection that is closing sends none, so that a missing reply would say nothing.
    if (session.closed) return;
    const late = setTimeout(
      within(this, () => session.destroy(new Error('the peer does not reply to pings'))),
      this.#times.pingAnswerMs,
    );
    late.unref();
    session.ping(within(this, () => clearTimeout(late)));
  }
}

/**
 * Connects and negotiates. Resolves with undefined where the peer chose HTTP/1.1.
 * @throws what connecting, the certificate, or a peer that is silent for `times.connectMs` gives.
 */
export async function openHttp2Connection(
  tls: ConnectionOptions,
  times: Http2Times,
  onFree: () => void,
  reportFault: ReportFault,
): Promise<Http2Connection | undefined> {
  const socket = connectTls({ ...tls, rejectUnauthorized: true, ALPNProtocols: ['h2', 'http/1.1'] });
  // The callers that wait get the error below; later ones end in `close`.
  socket.on('error', ignoreError);
  const opening: Boundary = { broke: (error) => void socket.destroy(error as Error) };
  const timer = setTimeout(
    within(opening, () => void socket.destroy(new Error('connect timed out'))),
    times.connectMs,
  );
  try {
    await happens(opening, socket, 'secureConnect');
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy();
      return undefined;
    }
    socket.setKeepAlive(true, 30_000);
    const session = openSession(socket);
    // The peer's first frame (RFC 9113 section 3.4); before it, how many streams are allowed is a guess.
    await happens(opening, session, 'remoteSettings');
    // At least what all streams together may have under way: one that nobody reads never stalls another.
    session.setLocalWindowSize(MAX_STREAMS * STREAM_WINDOW_BYTES);
    return new Http2Connection(session, times, onFree, reportFault);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function openSession(socket: TLSSocket): ClientHttp2Session {
  const session = connectHttp2('https://upstream', { ...SESSION_OPTIONS, createConnection: () => socket });
  // Each stream ends with an error of its own.
  session.on('error', ignoreError);
  return session;
}

function limitOf(session: ClientHttp2Session): number {
  return Math.min(session.remoteSettings.maxConcurrentStreams ?? MAX_STREAMS, MAX_STREAMS);
}

async function happens(owner: Boundary, emitter: TLSSocket | ClientHttp2Session, event: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const closed = within(owner, () => reject(new Error('the connection was closed while it was opened')));
  emitter.once('error', reject);
  emitter.once('close', closed);
  emitter.once(event, resolve);
  try {
    await promise;
  } finally {
    emitter.off('error', reject);
    emitter.off('close', closed);
    emitter.off(event, resolve);
  }
}
