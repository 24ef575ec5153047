import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { ErrorCode } from '#errors';
import { responseHeadersForClient } from '#kube';
import { buildUpstreamHeaders } from './build-upstream-headers.ts';
import { refusalOfUpstream401 } from './refuse-upstream-401.ts';
import type { ForwardInput, ForwardOutcome } from './ports.ts';

/** A handler object a request instead of streams and closures: undici calls it, it writes to the response. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #input: ForwardInput;
  readonly #response: ServerResponse;
  readonly #upstreamHeaders: string[];
  readonly #done: (outcome: ForwardOutcome) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #attempts = 0;
  #answered = false;
  #swallow: { code: ErrorCode; message?: string } | undefined;
  #finished = false;
  #clientGone = false;
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(
    input: ForwardInput,
    response: ServerResponse,
    upstreamHeaders: string[],
    done: (outcome: ForwardOutcome) => void,
  ) {
    this.#input = input;
    this.#response = response;
    this.#upstreamHeaders = upstreamHeaders;
    this.#done = done;
    response.on('drain', () => this.#controller?.resume());
    response.on('close', () => this.#onClientClosed());
  }

  dispatch(): void {
    const { upstream, grant, decision, headers, timeouts } = this.#input;
    const { request: info } = decision;
    this.#attempts++;
    const idleMs = info.longRunning ? 0 : timeouts.shortRequestSeconds * 1000;
    const options: Dispatcher.DispatchOptions & { servername?: string } = {
      method: info.method as Dispatcher.HttpMethod,
      path: upstream.basePath + info.target,
      headers: this.#upstreamHeaders,
      body: headers.hasBody ? (this.#body() as never) : null,
      headersTimeout: idleMs,
      bodyTimeout: idleMs,
      // A long-running answer would hold up whatever was pipelined behind it; the pool does not pipeline, this keeps it so.
      blocking: true,
      ...(upstream.tlsServerName ? { servername: upstream.tlsServerName } : {}),
    };
    try {
      upstream.dispatcher(grant.mode === 'impersonate' ? 'gateway' : 'person').dispatch(options, this);
    } catch (cause) {
      this.#finish({ refusal: { code: 'internal' }, cause });
    }
  }

  /** An iterator, not the stream itself: undici destroys a stream on failure, and with it the socket that still needs our answer. */
  async *#body(): AsyncGenerator<Buffer> {
    const source = (this.#input.request as unknown as { iterator(o: object): AsyncIterable<Buffer> }).iterator({
      destroyOnReturn: false,
    });
    for await (const chunk of source) {
      this.#bytesIn += chunk.length;
      yield chunk;
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#clientGone) controller.abort(new Error('client closed the connection'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    _headers: unknown,
    statusMessage?: string,
  ): void {
    if (statusCode < 200) return;
    const { grant, decision, clusterPrefix, upstream, auditId, headers } = this.#input;
    if (statusCode === 401) {
      this.#swallow = refusalOfUpstream401(grant, decision.request);
      if (this.#swallow) return;
    }
    const raw = (controller.rawHeaders ?? []) as Buffer[];
    const flat: string[] = new Array(raw.length);
    for (let i = 0; i < raw.length; i++) flat[i] = (raw[i] as Buffer).toString('latin1');
    const out = responseHeadersForClient(flat, {
      clusterPrefix,
      upstreamHost: upstream.hostHeader,
      basePath: upstream.basePath,
      browser: headers.secFetchSite !== undefined,
      auditId,
    });
    this.#answered = true;
    this.#response.sendDate = false;
    this.#response.writeHead(statusCode, statusMessage || undefined, out);
    // A watch may have no event for hours: its headers go out now. A sized short answer saves the extra write.
    if (decision.request.longRunning || !hasContentLength(out)) this.#response.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#swallow) return;
    this.#bytesOut += chunk.length;
    if (!this.#response.write(chunk)) controller.pause();
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#swallow) return this.#finish({ refusal: this.#swallow });
    const trailers = (controller.rawTrailers ?? []) as Buffer[];
    if (trailers.length > 0) {
      const pairs: [string, string][] = [];
      for (let i = 0; i + 1 < trailers.length; i += 2) {
        pairs.push([(trailers[i] as Buffer).toString('latin1'), (trailers[i + 1] as Buffer).toString('latin1')]);
      }
      this.#response.addTrailers(pairs as never);
    }
    this.#response.end();
    this.#finish({});
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#clientGone) return this.#finish({ aborted: 'client' });
    if (this.#answered) {
      // Half an answer must never look like a whole one.
      this.#response.destroy();
      return this.#finish({ aborted: 'upstream', cause: error });
    }
    if (this.#mayReplay(error)) return this.dispatch();
    this.#finish({ refusal: refusalOf(error, this.#input.upstream.name), cause: error });
  }

  /** Once, and only where the connection closed before any byte of an answer: a pooled one that the server had given up. */
  #mayReplay(error: Error): boolean {
    const { method } = this.#input.decision.request;
    const code = (error as { code?: string }).code;
    return (
      this.#attempts === 1 &&
      (method === 'GET' || method === 'HEAD') &&
      !this.#input.headers.hasBody &&
      (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE')
    );
  }

  #onClientClosed(): void {
    if (this.#finished) return;
    this.#clientGone = true;
    // Before onRequestStart there is no controller yet; it aborts itself then.
    if (this.#controller) this.#controller.abort(new Error('client closed the connection'));
  }

  #finish(end: { refusal?: ForwardOutcome['refusal']; aborted?: 'client' | 'upstream'; cause?: unknown }): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#done({
      statusCode: this.#answered ? this.#response.statusCode : 0,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      upstreamRequests: this.#attempts,
      ...end,
    });
  }
}

/**
 * Forwards one request and streams the answer. Resolves when the exchange is over, whichever side ended it; never
 * rejects for a fault of client or upstream.
 */
export function forwardRequest(input: ForwardInput, response: ServerResponse): Promise<ForwardOutcome> {
  const { grant, upstream } = input;
  if (grant.mode === 'impersonate' && upstream.credentialProblem) {
    const message = `cluster "${upstream.name}": ${upstream.credentialProblem}`;
    return Promise.resolve({
      statusCode: 0,
      bytesIn: 0,
      bytesOut: 0,
      upstreamRequests: 0,
      refusal: { code: 'upstreamUnavailable', message },
    });
  }
  const headers = buildUpstreamHeaders(input);
  if (input.headers.hasBody && input.headers.contentLength !== undefined)
    headers.push('Content-Length', String(input.headers.contentLength));
  return new Promise((resolve) => new Exchange(input, response, headers, resolve).dispatch());
}

function hasContentLength(flat: readonly string[]): boolean {
  for (let i = 0; i < flat.length; i += 2) if ((flat[i] as string).toLowerCase() === 'content-length') return true;
  return false;
}

function refusalOf(error: Error, cluster: string): { code: ErrorCode; message: string } {
  const code = (error as { code?: string }).code;
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return { code: 'upstreamTimeout', message: `cluster "${cluster}" did not answer in time` };
  }
  return { code: 'upstreamUnavailable', message: `cluster "${cluster}" cannot be reached` };
}
