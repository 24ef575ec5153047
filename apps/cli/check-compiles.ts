import { checkCompiles as compileAll } from '#pipeline';
import type { ResourceObject } from '#resources';
import { CliFailure } from './failure.ts';

/**
 * Compiles what the gateway would then have, by the gateway's own stages: a set that does not compile would be refused
 * by a running gateway and stop the next one from starting.
 * @throws CliFailure.
 */
export async function checkCompiles(objects: readonly ResourceObject[]): Promise<void> {
  try {
    await compileAll(objects);
  } catch (error) {
    throw new CliFailure(`nothing was written: ${(error as Error).message}`);
  }
}
