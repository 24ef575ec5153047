import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { describeConnectFailure, type ErrorCode } from '#errors';
import { attempt, ignoreError, within, type Boundary } from '../boundary.ts';
import { Exchange, type UpstreamSide } from '../exchange.ts';
import type { ExchangeOutcome, ResponseRules, RunningExchange, UpstreamRequest } from '../exchange-contract.ts';
import { headerLine, withoutFraming } from '../header-lines.ts';
import { READ_TO_LEND } from '../lend-reads.ts';
import { Tunnel, type TunnelEnd } from '../tunnel.ts';

/** The client's side of an upgrade, as Node hands it over. */
export interface UpgradeClient {
  readonly socket: Duplex;
  /** Bytes that came behind the request. */
  readonly head: Buffer;
  /** The response on this socket, made when it is first called: whatever is no tunnel goes there. */
  response(): ServerResponse;
}

/**
 * An upgrade (WebSocket, SPDY/3.1) over a connection of its own, from its request to the end of its tunnel. Only a 101
 * opens the tunnel; any other response is relayed as that of an ordinary exchange and both sockets are closed behind it,
 * so that the connection can never be reused with the upgrade's rights (CVE-2018-1002105).
 */
export class Upgrade implements RunningExchange, Boundary {
  readonly outcome: Promise<ExchangeOutcome>;
  readonly #request: UpstreamRequest;
  readonly #rules: ResponseRules;
  readonly #client: UpgradeClient;
  #settle: ((outcome: ExchangeOutcome) => void) | undefined;
  #outbound: ClientRequest | undefined;
  #connectTimer: NodeJS.Timeout | undefined;
  #relayed: Exchange | undefined;
  #tunnel: Tunnel | undefined;
  #statusCode = 0;
  #upstreamRequests = 0;
  readonly #onClientClosed = within(this, () => this.#end({ aborted: 'client' }));

  constructor(request: UpstreamRequest, rules: ResponseRules, client: UpgradeClient) {
    this.#request = request;
    this.#rules = rules;
    this.#client = client;
    const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>();
    this.outcome = promise;
    this.#settle = resolve;
    const { socket } = client;
    socket.on('error', ignoreError);
    socket.once('close', this.#onClientClosed);
    // A client that left while the request was judged has emitted its `close` before anybody listened.
    if (socket.destroyed) this.#onClientClosed();
  }

  /** @param connect options of the TLS connection. Never throws. */
  send(connect: ConnectionOptions): void {
    try {
      this.#send(connect);
    } catch (error) {
      this.broke(error);
    }
  }

  abort(code: ErrorCode, message?: string): void {
    if (this.#relayed) return this.#relayed.abort(code, message);
    if (this.#statusCode === 0) return this.#refuse(code, message);
    this.#end({ aborted: 'gateway', abortCode: code });
    this.#client.socket.destroy();
  }

  broke(error: unknown): void {
    // Once it is finished, only our own end is missing.
    if (this.#relayed?.finished === false) return this.#relayed.broke(error);
    if (this.#statusCode === 0 && !this.#relayed)
      return this.#end({ refusal: { code: 'exchangeFailed' }, cause: error });
    attempt(() => this.#client.socket.destroy());
    this.#end({ aborted: 'gateway', abortCode: 'exchangeFailed', cause: error });
  }

  #send(connect: ConnectionOptions): void {
    if (this.#settle === undefined) return;
    const { method, path, headers, times } = this.#request;
    const outbound = httpsRequest({
      ...connect,
      ...READ_TO_LEND,
      agent: false,
      rejectUnauthorized: true,
      method,
      path,
      headers: headers as string[],
      setHost: false,
      maxHeaderSize: 256 * 1024,
    });
    this.#outbound = outbound;
    // Before anything may throw: ending the request emits an error, which without a listener ends the process.
    outbound.on('error', ignoreError);
    this.#upstreamRequests = 1;
    this.#connectTimer = setTimeout(
      within(this, () => outbound.destroy(new Error('the upstream did not respond to the upgrade in time'))),
      times.shortRequestMs,
    );
    outbound.on('upgrade', (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      try {
        socket.on('error', ignoreError);
        this.#join(response, socket as Socket, head);
      } catch (error) {
        // The request has let go of it, so that ending the request would leave it open.
        socket.destroy();
        this.broke(error);
      }
    });
    outbound.on(
      'response',
      within(this, (response: IncomingMessage) => this.#relay(response)),
    );
    outbound.on(
      'error',
      within(this, (cause: Error) => this.#onUpstreamError(cause)),
    );
    outbound.end();
  }

  #onUpstreamError(cause: Error): void {
    if (this.#relayed) return this.#relayed.failUpstream(cause);
    const { upstream } = this.#request;
    const { code } = cause as { code?: string };
    if (code?.startsWith('HPE_'))
      this.#refuse('upstreamInvalid', `${upstream} sent a response that is not valid HTTP`, cause);
    else {
      const failure = describeConnectFailure(cause, upstream);
      this.#refuse(failure.code, failure.message, cause);
    }
  }

  /** 101: only now do the bytes that came early go on, on either side. */
  #join(response: IncomingMessage, upstreamSocket: Socket, upstreamHead: Buffer): void {
    clearTimeout(this.#connectTimer);
    if (this.#settle === undefined) return void upstreamSocket.destroy();
    const head = this.#rules.head(101, response.rawHeaders);
    if (!Array.isArray(head)) {
      upstreamSocket.destroy();
      return this.#refuse(head.code, head.message);
    }
    // A quiet shell must survive load balancers.
    upstreamSocket.setKeepAlive(true, 30_000);
    const { socket } = this.#client;
    socket.off('close', this.#onClientClosed);
    const bytes = switchingProtocols(response.headers.upgrade ?? 'websocket', withoutFraming(head));
    this.#statusCode = 101;
    socket.write(bytes);
    // A boundary of our own: the tunnel's has ended by then.
    const onOver = within(this, (end: TunnelEnd) => this.#onOver(end));
    this.#tunnel = new Tunnel(socket, upstreamSocket, this.#request.times.stalledStreamMs, onOver);
    this.#tunnel.open(this.#client.head, upstreamHead);
  }

  #onOver({ aborted, cause }: TunnelEnd): void {
    this.#end({
      ...(aborted === undefined ? {} : { aborted }),
      ...(aborted === 'gateway' ? { abortCode: 'exchangeFailed' } : {}),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  /** Any other response, as an exchange of its own with the rest of this one's life. */
  #relay(incoming: IncomingMessage): void {
    clearTimeout(this.#connectTimer);
    incoming.on('error', ignoreError);
    if (this.#settle === undefined) return void incoming.destroy();
    const { socket } = this.#client;
    socket.off('close', this.#onClientClosed);
    const response = this.#client.response();
    // Not short: it has no slot of a pool that others wait for.
    const exchange = new Exchange({ ...this.#request, kind: 'long' }, this.#rules, response);
    void exchange.outcome.then(within(this, (outcome: ExchangeOutcome) => this.#end(outcome)));
    this.#relayed = exchange;
    const side: UpstreamSide = {
      pause: () => void incoming.pause(),
      resume: () => void incoming.resume(),
      cancel: () => void incoming.destroy(),
    };
    exchange.upstream = side;
    this.#limitSilence(incoming, exchange);
    incoming.on(
      'data',
      within(exchange, (chunk: Buffer) => exchange.write(chunk)),
    );
    incoming.on(
      'end',
      within(exchange, () => {
        if (incoming.complete) exchange.end(incoming.rawTrailers);
      }),
    );
    incoming.on(
      'error',
      within(exchange, (cause: Error) => exchange.failUpstream(cause)),
    );
    incoming.on(
      'close',
      within(exchange, () => exchange.failUpstream(new Error('the upstream broke its response off'))),
    );
    exchange.respond(incoming.statusCode ?? 0, incoming.rawHeaders);
  }

  /**
   * Nobody reads the client's socket here, so that without TLS a client that has left goes unnoticed as long as nothing
   * is written: a body that stalls would hold the exchange for ever. A client that does not read is not the upstream's silence.
   */
  #limitSilence(incoming: IncomingMessage, exchange: Exchange): void {
    const { socket } = incoming;
    const { shortRequestMs } = this.#request.times;
    socket.setTimeout(shortRequestMs);
    socket.on(
      'timeout',
      within(exchange, () => {
        if (incoming.isPaused()) return void socket.setTimeout(shortRequestMs);
        exchange.failUpstream(
          Object.assign(new Error('the upstream broke off in silence'), { code: 'UND_ERR_BODY_TIMEOUT' }),
        );
      }),
    );
  }

  #refuse(code: ErrorCode, message?: string, cause?: unknown): void {
    this.#end({
      refusal: message === undefined ? { code } : { code, message },
      ...(cause === undefined ? {} : { cause }),
    });
  }

  #end(end: Partial<ExchangeOutcome>): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    const outcome = {
      statusCode: this.#statusCode,
      bytesIn: this.#tunnel?.fromClient ?? 0,
      bytesOut: this.#tunnel?.fromUpstream ?? 0,
      ...end,
      upstreamRequests: this.#upstreamRequests,
    };
    this.#settle = undefined;
    this.#client.socket.off('close', this.#onClientClosed);
    clearTimeout(this.#connectTimer);
    settle(outcome);
    attempt(
      () => this.#tunnel?.destroy(),
      () => this.#outbound?.destroy(),
    );
  }
}

function switchingProtocols(protocol: string, headers: readonly string[]): Buffer {
  let text = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += headerLine(headers[i] as string, headers[i + 1] as string);
  return Buffer.from(`${text}\r\n`, 'latin1');
}
