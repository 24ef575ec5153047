import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemoWorld } from '../demo/start-demo-world.ts';
import { findFreePort } from '../support/find-free-port.ts';
import { INSPECTABLE } from '../support/read-live-memory.ts';
import type { SoakOptions } from './run-soak.ts';

/** A real control plane and a gateway of one process before it, for a soak and nothing else. */
export interface SoakWorld extends Pick<SoakOptions, 'target' | 'gateway'> {
  stop(): Promise<void>;
}

/** @throws Error where a part does not start; what had started is stopped. */
export async function startSoakWorld(log: (line: string) => void): Promise<SoakWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-soak-'));
  const port = await findFreePort();
  const world = await startDemoWorld({ directory, gatewayPorts: [port], idTokenSeconds: 12 * 3600, log });
  const stop = async (): Promise<void> => {
    await world.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const gateway = await world.startGateway({
      directory: 'gateway',
      port,
      environment: { ...INSPECTABLE, GATEHOUSE_WORKERS: '1', GATEHOUSE_TIMEOUTS_SHUTDOWN_GRACE_SECONDS: '1' },
    });
    return {
      target: { port, token: gateway.people.root.idToken, caPem: readFileSync(gateway.caFile, 'utf8') },
      gateway: gateway.running(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
