import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { startPostgres, type TestPostgres } from './postgres.ts';
import { createWorkerWorld, type WorkerWorld } from './worker-world.ts';

/** The same tests before a gateway of several processes on SQLite and on a real PostgreSQL. `world` is one for all. */
export function describeWorkers(what: string, tests: (suite: { readonly world: WorkerWorld }) => void): void {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  describe.each(['SQLite', 'PostgreSQL'] as const)(`${what} on %s`, (engine) => {
    let world: WorkerWorld;
    beforeAll(async () => {
      world = await createWorkerWorld(
        engine === 'SQLite'
          ? undefined
          : { databaseUrl: await postgres.createDatabase(), encryptionKey: randomBytes(32).toString('base64') },
      );
    });
    afterAll(() => world?.stop());
    tests({
      get world() {
        return world;
      },
    });
  });
}
