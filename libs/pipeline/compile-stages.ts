import { compileIssuers, type CompiledIssuers, type IssuerInput, type ServiceIdentityInput } from '#identity';
import { compileMappingsInSteps, type CompiledMappings, type MappingInput } from '#mapping';
import { compilePolicyInSteps, type AccessRuleInput, type CompiledPolicy } from '#policy';
import type { ResourceObject } from '#resources';
import { runAtOnceOrInSlices, runInSlices } from './run-in-slices.ts';

export type Objects = readonly ResourceObject<unknown>[];

/** Issuers, and the service identities that the gateway itself issues. */
export const compileIssuerObjects = (objects: Objects): CompiledIssuers =>
  compileIssuers(
    objects.filter(({ kind }) => kind === 'Issuer').map(flatten<IssuerInput>),
    objects
      .filter(({ kind }) => kind === 'ServiceIdentity')
      .map((object) => ({ ...flatten<ServiceIdentityInput>(object), uid: object.metadata.uid ?? '' })),
  );

export const compileMappingObjects = (objects: Objects): Promise<CompiledMappings> =>
  runInSlices(
    compileInSteps<MappingInput, CompiledMappings>(objects, (inputs) =>
      compileMappingsInSteps(inputs, runAtOnceOrInSlices),
    ),
  );

export const compilePolicyObjects = (objects: Objects): Promise<CompiledPolicy> =>
  runInSlices(compileInSteps<AccessRuleInput, CompiledPolicy>(objects, compilePolicyInSteps));

/**
 * Compiles what a set of objects would be, before any of it is saved. Clusters are left out: opening one is no compile
 * and cannot fail for a fault of the object.
 * @throws whatever a stage throws at an object that it cannot compile.
 */
export async function checkCompiles(objects: Objects): Promise<void> {
  const of = (kind: string): Objects => objects.filter((object) => object.kind === kind);
  compileIssuerObjects(of('Issuer'));
  await compileMappingObjects(of('Mapping'));
  await compilePolicyObjects(of('AccessRule'));
}

function* compileInSteps<Input, Compiled>(
  objects: Objects,
  compile: (inputs: readonly Input[]) => Generator<void, Compiled>,
): Generator<void, Compiled> {
  const inputs: Input[] = [];
  for (const object of objects) {
    inputs.push(flatten<Input>(object));
    yield;
  }
  return yield* compile(inputs);
}

/** The stages take `{ name, version, ...spec }`; the schema of `#resources` has already validated the spec. */
function flatten<T>(object: ResourceObject<unknown>): T {
  const { name, resourceVersion } = object.metadata;
  return { ...(object.spec as object), name, version: resourceVersion } as T;
}
