import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { noteAnswer, noteSecret } from './used-secrets.ts';
import { world, type GatewayView } from './world.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: Record<string, string> | readonly string[];
  readonly body?: string | Buffer;
  readonly token?: string;
}

/** One request to a gateway on a connection of its own; the target goes out as it is. */
export function send(gateway: GatewayView, target: string, options: SendOptions = {}): Promise<Answer> {
  const { directory } = world();
  noteSecret(directory, options.token);
  return new Promise((resolve, reject) => {
    const headers = Array.isArray(options.headers)
      ? [
          'Host',
          `127.0.0.1:${gateway.port}`,
          ...(options.token ? ['Authorization', `Bearer ${options.token}`] : []),
          ...options.headers,
        ]
      : {
          ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
          ...(options.headers as Record<string, string> | undefined),
        };
    const outbound = request(
      {
        host: '127.0.0.1',
        port: gateway.port,
        ca: readFileSync(gateway.caFile),
        agent: false,
        method: options.method ?? 'GET',
        path: target,
        headers: headers as never,
      },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (body += chunk));
        answer.on('end', () => {
          noteAnswer(directory, answer.headers['set-cookie'] ?? [], body);
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, rawHeaders: answer.rawHeaders, body });
        });
        answer.on('error', reject);
      },
    );
    outbound.on('error', reject);
    outbound.end(options.body);
  });
}

/** Bytes as they are over TLS; answers with all that came back until the gateway closed, or 3 s of silence. */
export function sendRaw(gateway: GatewayView, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: gateway.port, ca: readFileSync(gateway.caFile) });
    let text = '';
    socket.setTimeout(3000, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      // One answer is enough; keep-alive would hold the line.
      const length = /content-length: (\d+)/i.exec(text);
      const head = text.indexOf('\r\n\r\n');
      if (length && head >= 0 && text.length >= head + 4 + Number(length[1])) socket.end();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(text) : reject(error),
    );
    socket.write(bytes);
  });
}

/** Status code of a raw answer; 0 where there was none. */
export const statusOf = (raw: string): number => Number(/^HTTP\/1\.[01] (\d{3})/.exec(raw)?.[1] ?? 0);
