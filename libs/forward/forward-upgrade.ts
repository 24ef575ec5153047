import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { responseHeadersForClient } from '#kube';
import { answerOnSocket } from './answer-on-socket.ts';
import { buildUpstreamHeaders } from './build-upstream-headers.ts';
import { refusalOfUpstream401 } from './refuse-upstream-401.ts';
import { tunnel } from './tunnel.ts';
import type { ForwardInput, ForwardOutcome } from './ports.ts';

/**
 * Forwards an upgrade (WebSocket or SPDY/3.1) over a connection of its own and tunnels the bytes. Only a 101 opens
 * the tunnel; any other answer is relayed and both sockets are closed, so that the connection can never be reused
 * with the upgrade's rights (CVE-2018-1002105).
 */
export function forwardUpgrade(input: ForwardInput, socket: Duplex, head: Buffer): Promise<ForwardOutcome> {
  const { grant, upstream, headers, decision } = input;
  const none = { statusCode: 0, bytesIn: 0, bytesOut: 0 };
  if (grant.mode === 'impersonate' && upstream.credentialProblem) {
    const message = `cluster "${upstream.name}": ${upstream.credentialProblem}`;
    return Promise.resolve({ ...none, upstreamRequests: 0, refusal: { code: 'upstreamUnavailable', message } });
  }
  const upstreamHeaders = buildUpstreamHeaders(input);
  upstreamHeaders.push('Connection', 'Upgrade', 'Upgrade', headers.upgrade === 'spdy' ? 'SPDY/3.1' : 'websocket');
  if (decision.request.method !== 'GET') upstreamHeaders.push('Content-Length', '0');
  const connect = upstream.connectOptions(grant.mode === 'impersonate' ? 'gateway' : 'person');

  return new Promise((resolve) => {
    let settled = false;
    const settle = (outcome: ForwardOutcome): void => {
      if (settled) return;
      settled = true;
      resolve(outcome);
    };
    const outbound = httpsRequest({
      ...connect,
      agent: false,
      rejectUnauthorized: true,
      method: decision.request.method,
      path: upstream.basePath + decision.request.target,
      headers: upstreamHeaders,
      setHost: false,
      maxHeaderSize: 256 * 1024,
    });
    const connectTimer = setTimeout(
      () => outbound.destroy(new Error('connect timed out')),
      input.timeouts.shortRequestSeconds * 1000,
    );
    const onClientClosed = (): void => {
      outbound.destroy(new Error('client closed the connection'));
      settle({ ...none, upstreamRequests: 1, aborted: 'client' });
    };
    socket.once('close', onClientClosed);
    socket.on('error', () => socket.destroy());

    outbound.on('upgrade', (answer, upstreamSocket, upstreamHead) => {
      clearTimeout(connectTimer);
      socket.off('close', onClientClosed);
      socket.write(switchingProtocols(answer, input));
      if (upstreamHead.length > 0) socket.write(upstreamHead);
      if (head.length > 0) upstreamSocket.write(head);
      void tunnel(socket, upstreamSocket).then(({ fromClient, fromUpstream }) => {
        settle({
          statusCode: 101,
          bytesIn: fromClient + head.length,
          bytesOut: fromUpstream + upstreamHead.length,
          upstreamRequests: 1,
        });
      });
    });
    outbound.on('response', (answer) => {
      clearTimeout(connectTimer);
      socket.off('close', onClientClosed);
      const refusal = answer.statusCode === 401 ? refusalOfUpstream401(grant, decision.request) : undefined;
      if (refusal) {
        outbound.destroy();
        return settle({ ...none, upstreamRequests: 1, refusal });
      }
      relay(answer, input, socket).then(
        (bytesOut) => {
          outbound.destroy();
          settle({ statusCode: answer.statusCode ?? 502, bytesIn: 0, bytesOut, upstreamRequests: 1 });
        },
        (cause: unknown) => settle({ ...none, upstreamRequests: 1, aborted: 'upstream', cause }),
      );
    });
    outbound.on('error', (cause) => {
      clearTimeout(connectTimer);
      socket.off('close', onClientClosed);
      settle({
        ...none,
        upstreamRequests: 1,
        refusal: { code: 'upstreamUnavailable', message: `cluster "${upstream.name}" cannot be reached` },
        cause,
      });
    });
    outbound.end();
  });
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

function relay(answer: IncomingMessage, input: ForwardInput, socket: Duplex): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const response = answerOnSocket(input.request, socket);
    response.sendDate = false;
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, clientHeaders(answer, input));
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (!response.write(chunk)) answer.pause();
    });
    response.on('drain', () => answer.resume());
    answer.on('end', () => response.end(() => resolve(bytes)));
    answer.on('error', (error) => {
      response.destroy();
      reject(error);
    });
    response.on('close', () => resolve(bytes));
  });
}
