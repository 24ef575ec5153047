import { Agent, request } from 'node:https';
import type { KeyedCertificate } from './issue-certificates.ts';

export interface ApiAnswer {
  status: number;
  body: string;
}

/** Calls the API server directly; answers of any status are returned, network errors throw. */
export type CallApi = (method: string, path: string, body?: string, contentType?: string) => Promise<ApiAnswer>;

export interface ApiClient {
  call: CallApi;
  /** Like `call`, but throws unless the status is 2xx, and parses the body. */
  read: <T>(method: string, path: string, body?: string, contentType?: string) => Promise<T>;
  close(): void;
}

/** A client of the API server on `127.0.0.1:port` with one client certificate. */
export function createApiClient(port: number, caPem: string, identity: KeyedCertificate): ApiClient {
  const agent = new Agent({
    keepAlive: true,
    ca: caPem,
    cert: identity.certPem,
    key: identity.keyPem,
    timeout: 30_000,
  });
  const call: CallApi = (method, path, body, contentType = 'application/json') =>
    new Promise((resolve, reject) => {
      const headers =
        body === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
      const outgoing = request({ agent, host: '127.0.0.1', port, method, path, headers, timeout: 30_000 }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      });
      outgoing.on('error', reject);
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer in 30 s`)));
      outgoing.end(body);
    });
  return {
    call,
    async read<T>(method: string, path: string, body?: string, contentType?: string) {
      const answer = await call(method, path, body, contentType);
      if (answer.status >= 300)
        throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body.slice(0, 1000)}`);
      return JSON.parse(answer.body) as T;
    },
    close: () => agent.destroy(),
  };
}
