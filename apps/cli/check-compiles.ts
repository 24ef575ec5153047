import { compileIssuers } from '#identity';
import { compileMappings } from '#mapping';
import { compilePolicy } from '#policy';
import type { ResourceObject } from '#resources';
import { CliFailure } from './failure.ts';

/**
 * Compiles what the gateway would then have, by the gateway's own stages: a set that does not compile would be refused
 * by a running gateway and stop the next one from starting.
 * @throws CliFailure.
 */
export function checkCompiles(objects: readonly ResourceObject[]): void {
  const of = (kind: string): never[] =>
    objects
      .filter((object) => object.kind === kind)
      .map((object) => ({ ...(object.spec as object), name: object.metadata.name })) as never[];
  try {
    compileIssuers(of('Issuer'));
    compileMappings(of('Mapping'));
    compilePolicy(of('AccessRule'));
  } catch (error) {
    throw new CliFailure(`nothing was written: ${(error as Error).message}`);
  }
}
