import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { GatewayView } from './world.ts';

export interface OpenWatch {
  /** Resolves with the moment (Unix milliseconds) at which the far socket saw the end. */
  readonly ended: Promise<number>;
  close(): void;
}

/** Opens a watch on a connection of its own and resolves once its answer has begun. */
export function openWatch(gateway: GatewayView, target: string, headers: Record<string, string>): Promise<OpenWatch> {
  return new Promise((resolve, reject) => {
    const outbound = request(
      { host: '127.0.0.1', port: gateway.port, ca: readFileSync(gateway.caFile), agent: false, path: target, headers },
      (answer) => {
        if (answer.statusCode !== 200) {
          answer.resume();
          return reject(new Error(`the watch was answered with ${answer.statusCode}`));
        }
        const ended = new Promise<number>((over) => {
          answer.on('close', () => over(Date.now()));
          answer.on('error', () => {});
        });
        answer.resume();
        resolve({ ended, close: () => outbound.destroy() });
      },
    );
    outbound.on('error', reject);
    outbound.end();
  });
}
