import { request } from 'node:https';
import { world } from './world.ts';

/** A client certificate, PEM. */
export interface Credential {
  readonly certPem: string;
  readonly keyPem: string;
}

/** The credential alone, straight at the API server. */
export function callDirect(
  credential: Credential,
  target: string,
  headers: readonly string[] = [],
  method = 'GET',
  body = '',
): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(world().serverUrl);
  return new Promise((resolve, reject) => {
    const length = String(Buffer.byteLength(body));
    const lines = ['Host', `${hostname}:${port}`, 'Content-Type', 'application/json', 'Content-Length', length];
    const outbound = request(
      {
        host: hostname,
        port,
        ca: world().clusterCaPem,
        cert: credential.certPem,
        key: credential.keyPem,
        path: target,
        method,
        agent: false,
        headers: [...lines, ...headers] as never,
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
      },
    );
    outbound.on('error', reject);
    outbound.end(body);
  });
}
