import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { identifyProcess, isAlive, type ProcessIdentity } from '../cluster/identify-process.ts';

/**
 * Empties the demo's folder and takes it for this process, on ports that are free.
 * @throws where another demo lives in the folder, whose database and tokens would be gone, or a port is taken; nothing has been touched then.
 */
export async function claimDemo(directory: string, ports: readonly number[]): Promise<void> {
  const ownerFile = join(directory, 'owner.json');
  const owner = readOwner(ownerFile);
  if (owner !== undefined && isAlive(owner))
    throw new Error(`the demo of process ${owner.pid} runs already in ${directory}; stop it first`);
  for (const port of ports) await refuseTaken(port);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(ownerFile, JSON.stringify(identifyProcess(process.pid)));
}

function readOwner(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

async function refuseTaken(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new Error(`port ${port} cannot be used (${cause.message}); GATEHOUSE_DEMO_PORT gives others`, { cause })),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}
