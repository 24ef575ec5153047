import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '#errors';
import { responseHeadersForClient } from '#kube';
import { answerOnSocket } from './answer-on-socket.ts';
import { buildUpstreamHeaders } from './build-upstream-headers.ts';
import { cutAnswer } from './cut-answer.ts';
import { READ_TO_LEND } from './lend-reads.ts';
import { refusalOfUpstream401 } from './refuse-upstream-401.ts';
import { Tunnel } from './tunnel.ts';
import type { ForwardInput, Forwarding, ForwardOutcome } from './ports.ts';

/** An upgrade from its request to the end of its tunnel. */
class Upgrade implements Forwarding {
  readonly outcome: Promise<ForwardOutcome>;
  readonly #input: ForwardInput;
  readonly #request: IncomingMessage;
  readonly #socket: Duplex;
  readonly #head: Buffer;
  #settle: ((outcome: ForwardOutcome) => void) | undefined;
  #outbound: ClientRequest | undefined;
  #connectTimer: NodeJS.Timeout | undefined;
  #relayed: ServerResponse | undefined;
  #tunnel: Tunnel | undefined;
  #statusCode = 0;
  #bytesOut = 0;
  #upstreamRequests = 0;
  readonly #onClientClosed = (): void => this.#end({ aborted: 'client' });

  constructor(input: ForwardInput, request: IncomingMessage, socket: Duplex, head: Buffer) {
    this.#input = input;
    this.#request = request;
    this.#socket = socket;
    this.#head = head;
    this.outcome = new Promise((resolve) => (this.#settle = resolve));
    socket.on('error', () => socket.destroy());
    socket.once('close', this.#onClientClosed);
    // Whoever left while the request was judged has had its `close` before anybody listened.
    if (socket.destroyed) this.#onClientClosed();
  }

  send(upstreamHeaders: string[]): void {
    const { grant, upstream, decision, timeouts } = this.#input;
    if (grant.mode === 'impersonate' && upstream.credentialProblem)
      return this.#refuse('upstreamUnavailable', `cluster "${upstream.name}": ${upstream.credentialProblem}`);
    if (this.#settle === undefined) return;
    const outbound = httpsRequest({
      ...upstream.connectOptions(grant.mode === 'impersonate' ? 'gateway' : 'person'),
      ...READ_TO_LEND,
      agent: false,
      rejectUnauthorized: true,
      method: decision.request.method,
      path: upstream.basePath + decision.request.target,
      headers: upstreamHeaders,
      setHost: false,
      maxHeaderSize: 256 * 1024,
    });
    this.#outbound = outbound;
    this.#upstreamRequests = 1;
    this.#connectTimer = setTimeout(
      () => outbound.destroy(new Error('the upstream did not answer the upgrade in time')),
      timeouts.shortRequestSeconds * 1000,
    );
    outbound.on('upgrade', (answer, upstreamSocket, upstreamHead) =>
      this.#join(answer, upstreamSocket as Socket, upstreamHead),
    );
    outbound.on('response', (answer) => this.#relay(answer));
    outbound.on('error', (cause) =>
      this.#refuse('upstreamUnavailable', `cluster "${upstream.name}" cannot be reached`, cause),
    );
    outbound.end();
  }

  abort(code: ErrorCode, message?: string): void {
    if (this.#statusCode === 0) return this.#refuse(code, message);
    if (this.#relayed) cutAnswer(this.#relayed);
    this.#end({ aborted: 'gateway', abortCode: code });
    this.#socket.destroy();
  }

  /** 101: only now do the bytes that came early go on, on either side. */
  #join(answer: IncomingMessage, upstreamSocket: Socket, upstreamHead: Buffer): void {
    clearTimeout(this.#connectTimer);
    if (this.#settle === undefined) return void upstreamSocket.destroy();
    // A quiet shell must survive load balancers.
    upstreamSocket.setKeepAlive(true, 30_000);
    this.#socket.off('close', this.#onClientClosed);
    this.#statusCode = 101;
    this.#socket.write(switchingProtocols(answer, this.#input));
    this.#tunnel = new Tunnel(this.#socket, upstreamSocket, (aborted) => this.#end(aborted ? { aborted } : {}));
    this.#tunnel.open(this.#head, upstreamHead);
  }

  /** Any other answer is relayed, and both connections are closed behind it (CVE-2018-1002105). */
  #relay(answer: IncomingMessage): void {
    clearTimeout(this.#connectTimer);
    if (this.#settle === undefined) return void answer.destroy();
    const { grant, decision } = this.#input;
    const refusal = answer.statusCode === 401 ? refusalOfUpstream401(grant, decision.request) : undefined;
    if (refusal) return this.#refuse(refusal.code);
    const response = answerOnSocket(this.#request, this.#socket);
    this.#relayed = response;
    this.#statusCode = answer.statusCode ?? 502;
    response.sendDate = false;
    response.writeHead(this.#statusCode, answer.statusMessage, clientHeaders(answer, this.#input));
    answer.on('data', (chunk: Buffer) => {
      this.#bytesOut += chunk.length;
      if (!response.write(chunk)) answer.pause();
    });
    // Node's server, which would pass it on to the answer, has let go of the socket.
    this.#socket.on('drain', () => answer.resume());
    answer.on('end', () => {
      this.#socket.off('close', this.#onClientClosed);
      response.end(() => this.#end({}));
      response.once('close', () => this.#end({}));
    });
    answer.on('error', (cause) => {
      cutAnswer(response);
      this.#end({ aborted: 'upstream', cause });
    });
  }

  #refuse(code: ErrorCode, message?: string, cause?: unknown): void {
    this.#socket.off('close', this.#onClientClosed);
    this.#end({
      refusal: message === undefined ? { code } : { code, message },
      ...(cause === undefined ? {} : { cause }),
    });
  }

  #end(end: Pick<ForwardOutcome, 'refusal' | 'aborted' | 'abortCode' | 'cause'>): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    this.#settle = undefined;
    clearTimeout(this.#connectTimer);
    this.#tunnel?.destroy();
    this.#outbound?.destroy();
    settle({
      statusCode: this.#statusCode,
      bytesIn: this.#tunnel?.fromClient ?? 0,
      bytesOut: this.#bytesOut + (this.#tunnel?.fromUpstream ?? 0),
      upstreamRequests: this.#upstreamRequests,
      ...end,
    });
  }
}

/**
 * Forwards an upgrade (WebSocket or SPDY/3.1) over a connection of its own and tunnels the bytes. Only a 101 opens
 * the tunnel; any other answer is relayed and both sockets are closed, so that the connection can never be reused
 * with the upgrade's rights (CVE-2018-1002105).
 * @throws GatehouseError `internal` where a precondition does not hold; nothing has been sent then.
 */
export function forwardUpgrade(
  input: ForwardInput,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Forwarding {
  const upstreamHeaders = buildUpstreamHeaders(input);
  upstreamHeaders.push('Connection', 'Upgrade', 'Upgrade', input.headers.upgrade === 'spdy' ? 'SPDY/3.1' : 'websocket');
  if (input.decision.request.method !== 'GET') upstreamHeaders.push('Content-Length', '0');
  const upgrade = new Upgrade(input, request, socket, head);
  upgrade.send(upstreamHeaders);
  return upgrade;
}

function clientHeaders(answer: IncomingMessage, input: ForwardInput): string[] {
  const { clusterPrefix, upstream, headers, auditId } = input;
  return responseHeadersForClient(answer.rawHeaders, {
    clusterPrefix,
    upstreamHost: upstream.hostHeader,
    basePath: upstream.basePath,
    browser: headers.secFetchSite !== undefined,
    auditId,
  });
}

function switchingProtocols(answer: IncomingMessage, input: ForwardInput): Buffer {
  const flat = clientHeaders(answer, input);
  let text = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${answer.headers.upgrade ?? 'websocket'}\r\n`;
  for (let i = 0; i < flat.length; i += 2) text += `${flat[i]}: ${flat[i + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}
