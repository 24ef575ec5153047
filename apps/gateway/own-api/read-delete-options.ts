import { z } from 'zod';
import { GatehouseError } from '#errors';
import type { OwnApiRequest } from '#pipeline';
import { readOptionalBody } from './read-body.ts';
import { unserved } from './read-parameters.ts';

/** The object that is meant, where the request says so: a `uid`, a `resourceVersion`, or both. */
export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

const optionsSchema = z.looseObject({
  kind: z.literal('DeleteOptions').optional(),
  apiVersion: z.string().optional(),
  // Nothing depends on these objects, and they are gone at once.
  gracePeriodSeconds: z.int().nullish(),
  orphanDependents: z.boolean().nullish(),
  propagationPolicy: z.string().nullish(),
  preconditions: z.strictObject({ uid: z.string().optional(), resourceVersion: z.string().optional() }).nullish(),
});
const KNOWN = new Set(Object.keys(optionsSchema.shape));

/** The `DeleteOptions` in the body of a delete (`metav1`); none where there is no body. @throws GatehouseError badRequest. */
export async function readDeleteOptions(request: OwnApiRequest): Promise<Preconditions> {
  const body = await readOptionalBody(request);
  if (body === undefined) return {};
  const read = optionsSchema.safeParse(body);
  if (!read.success) {
    const words = read.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ');
    throw new GatehouseError('badRequest', `the body of a delete must be DeleteOptions: ${words}`);
  }
  for (const [name, value] of Object.entries(read.data))
    if (!KNOWN.has(name) && asksForSomething(value)) throw unserved(name);
  return read.data.preconditions ?? {};
}

/** An encoder of Go writes empty fields too. */
const asksForSomething = (value: unknown): boolean =>
  value !== null && value !== false && !(Array.isArray(value) && value.length === 0);
