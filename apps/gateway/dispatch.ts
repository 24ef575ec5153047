import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  asSocket,
  closeDelivered,
  cutResponse,
  endWith,
  reasonPhrase,
  responseOnSocket,
  type ClientRequest,
  type ClientResponse,
  type RequestHandlers,
} from '#http';
import { cutUnreadBody, writeStatus, type Pipeline } from '#pipeline';
import { statusBody } from '#kube';
import { ERRORS, type ErrorCode } from '#errors';
import type { DescriptorGuard } from './descriptors/guard-descriptors.ts';

export interface DispatchPorts {
  readonly pipeline: Pipeline;
  /** Express and Nest: everything below `/-/`. */
  readonly controlPlane: (request: IncomingMessage, response: ServerResponse) => void;
  readonly isKnownHost: (host: string | undefined) => boolean;
  /** How long a body for the control plane may take; the pipeline sees to its own. */
  readonly bodyWithinMs: number;
  /** Knows the connections that were accepted although few descriptors are left. */
  readonly descriptors: Pick<DescriptorGuard, 'isReserved' | 'countRefused'>;
  /** Told of each request of the control plane that is over. */
  consoleRequestEnded(statusCode: number): void;
}

/** Where a browser is answered otherwise than other clients. */
const BROWSERS = new Set(['/', '/favicon.ico']);
/** For a client that sent what cannot be read: to receive its last response. */
const LAST_WORDS_MS = 1_000;
const HEALTH = new Set(['/-/healthz', '/-/readyz']);

/**
 * The one place that decides, by raw bytes, who answers: `/-/` is the control plane, all else the pipeline. Spellings
 * that merely resemble `/-/` go to the pipeline, which refuses and records them.
 */
export function createDispatcher(ports: DispatchPorts): RequestHandlers {
  const { pipeline } = ports;
  /** Sockets that were sent a last answer. What they still send is dropped: closed at once, they would see a reset. */
  const refused = new WeakSet<Duplex>();
  /** The answer to the last request of a connection. */
  const latest = new WeakMap<Duplex, ServerResponse>();

  /** A body that drips in would hold its connection for ever; nothing below `/-/` runs long. */
  function limitBodyTime(request: IncomingMessage, response: ServerResponse): void {
    if (!request.headers['content-length'] && !request.headers['transfer-encoding']) return;
    const timer = setTimeout(() => {
      if (request.complete) return;
      pipeline.recordUnreadable('requestTimeout', sourceOf(request));
      if (!response.headersSent) answer(response, 'requestTimeout');
      cutUnreadBody(request);
    }, ports.bodyWithinMs);
    timer.unref();
    request.once('close', () => clearTimeout(timer));
  }

  /** In words, and the connection is closed behind them. */
  function refuseReserved(request: ClientRequest, response: ClientResponse): void {
    response.shouldKeepAlive = false;
    ports.descriptors.countRefused();
    const auditId = pipeline.recordUnreadable('outOfDescriptors', sourceOf(request));
    writeStatus(response, 'outOfDescriptors', undefined, auditId);
  }

  return {
    takesPlain: (target) => !target.startsWith('/-') && !BROWSERS.has(target),
    onPlain(request, response) {
      if (ports.descriptors.isReserved(request.socket)) refuseReserved(request, response);
      else void pipeline.handleRequest(request, response);
    },
    onRequest(request, response) {
      latest.set(request.socket, response);
      const target = request.url ?? '';
      if (ports.descriptors.isReserved(request.socket)) {
        if (!HEALTH.has(target)) return refuseReserved(request, response);
        response.shouldKeepAlive = false;
      }
      if (!isOwnPath(target) || isUnreadable(request)) {
        if (isBrowsersIcon(request)) {
          response.writeHead(204, { 'Cache-Control': 'max-age=86400' });
          response.end();
          return;
        }
        if (isBrowserAtRoot(request) && ports.isKnownHost(request.headers.host)) {
          response.writeHead(302, {
            Location: '/-/',
            'Content-Length': '0',
            Vary: 'Accept',
            'Cache-Control': 'no-store',
          });
          response.end();
          return;
        }
        void pipeline.handleRequest(request, response);
        return;
      }
      if (!HEALTH.has(target) && !ports.isKnownHost(request.headers.host)) {
        pipeline.recordUnreadable('misdirected', sourceOf(request));
        answer(response, 'misdirected');
        return;
      }
      response.once('close', () => ports.consoleRequestEnded(response.headersSent ? response.statusCode : 0));
      limitBodyTime(request, response);
      ports.controlPlane(request, response);
    },
    onLost: (request) => pipeline.recordUnreadable('exchangeFailed', sourceOf(request)),
    // The control plane has nothing to upgrade: the pipeline refuses `/-/` there and records it.
    onUpgrade(request, socket, head) {
      if (ports.descriptors.isReserved(request.socket)) refuseReserved(request, responseOnSocket(request, socket));
      else void pipeline.handleUpgrade(request, socket, head);
    },
    onConnect(request, socket) {
      pipeline.recordUnreadable('badMethod', {
        address: asSocket(socket).remoteAddress,
        method: 'CONNECT',
        target: request.url ?? '',
      });
      endWith(socket, rawAnswer('badMethod'));
    },
    onClientError(error, socket) {
      // A peer that is gone, or never spoke, asked for nothing.
      if (error.code === 'ECONNRESET' || asSocket(socket).bytesRead === 0) return void socket.destroy();
      if (refused.has(socket)) return;
      if (!socket.writable) return void socket.destroy();
      refused.add(socket);
      const code = codeOf(error);
      const response = latest.get(socket);
      // A fault in the body of a request that is known belongs to it: that one has its record, and at most one answer.
      const isKnown = response !== undefined && !response.req.complete;
      if (!isKnown)
        pipeline.recordUnreadable(code, { address: asSocket(socket).remoteAddress, method: '', target: '' });
      // Our words must not be taken for the rest of a response that is under way. Node's server puts those that wait
      // behind it into a list, so that the latest need not be the one whose bytes are being sent.
      const { _httpMessage: underWay } = socket as { _httpMessage?: ServerResponse | null };
      if (underWay?.headersSent && !underWay.writableEnded) cutResponse(underWay);
      else if (isKnown && response.headersSent) closeDelivered(socket, LAST_WORDS_MS, LAST_WORDS_MS);
      else endWith(socket, rawAnswer(code));
    },
  };
}

function sourceOf(request: ClientRequest): Parameters<Pipeline['recordUnreadable']>[1] {
  return { address: request.socket.remoteAddress, method: request.method ?? '', target: request.url ?? '' };
}

/**
 * Plain segments only: a target below `/-/` with escapes, dot segments or doubled slashes goes to the pipeline, which
 * refuses and records it. A query is the handler's.
 */
function isOwnPath(target: string): boolean {
  if (target !== '/-' && !target.startsWith('/-/') && !target.startsWith('/-?')) return false;
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  return (
    /^[\w./-]*$/.test(path) &&
    !path.includes('//') &&
    !path.split('/').some((segment) => segment === '.' || segment === '..')
  );
}

/** Faults that only the pipeline words and records: a missing or second Host. */
function isUnreadable(request: IncomingMessage): boolean {
  let hosts = 0;
  for (let i = 0; i < request.rawHeaders.length; i += 2)
    if ((request.rawHeaders[i] as string).toLowerCase() === 'host') hosts++;
  return hosts > 1;
}

/** A person's browser, not a client that lists paths: curl and kubectl accept anything or JSON. */
function isBrowserAtRoot(request: IncomingMessage): boolean {
  return (
    request.url === '/' &&
    (request.method === 'GET' || request.method === 'HEAD') &&
    /(^|,)\s*text\/html\b/.test(request.headers.accept ?? '') &&
    request.headers.authorization === undefined
  );
}

/** Chromium asks for an icon of every page that it shows, Status answers too: nobody asked for that, so it is no record. */
function isBrowsersIcon(request: IncomingMessage): boolean {
  return request.url === '/favicon.ico' && request.method === 'GET' && request.headers['sec-fetch-dest'] === 'image';
}

function codeOf(error: NodeJS.ErrnoException): ErrorCode {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'headersTooLarge';
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'requestTimeout';
  return 'badRequest';
}

function bodyOf(code: ErrorCode): string {
  const { status, reason, message } = ERRORS[code];
  return statusBody(status, reason, message);
}

function answer(response: ServerResponse, code: ErrorCode): void {
  response.writeHead(ERRORS[code].status, {
    'Content-Type': 'application/json',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  response.end(bodyOf(code));
}

function rawAnswer(code: ErrorCode): string {
  const body = bodyOf(code);
  return `HTTP/1.1 ${ERRORS[code].status} ${reasonPhrase(ERRORS[code].status)}\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
