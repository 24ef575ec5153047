import { z } from 'zod';
import { GatehouseError } from '#errors';
import type { OwnApiAnswer, OwnApiRequest } from '#pipeline';
import { readProblems } from '#resources';
import { readBody } from './read-body.ts';
import { API_GROUP, API_VERSION } from './resource-names.ts';

const apiVersion = `${API_GROUP}/${API_VERSION}`;

/** A question, as Kubernetes' reviews are: it is created, answered by its status, and not kept. */
export async function readReview<Spec extends z.ZodType>(
  request: OwnApiRequest,
  kind: string,
  spec: Spec,
): Promise<z.output<Spec>> {
  if (request.info.verb !== 'create')
    throw new GatehouseError(
      'badMethod',
      `${request.info.resource} can be created only: they are questions, and not kept`,
    );
  const schema = z.looseObject({ apiVersion: z.literal(apiVersion), kind: z.literal(kind), spec });
  const body = await readBody(request);
  const parsed = schema.safeParse(body);
  if (parsed.success) return (parsed.data as { spec: z.output<Spec> }).spec;
  const problems = readProblems(parsed.error, schema, body).map(({ path, message }) => `${path}: ${message}`);
  throw new GatehouseError('invalid', `${kind} is invalid: ${problems.join('; ')}`);
}

export const reviewAnswer = (kind: string, spec: unknown, status: object): OwnApiAnswer => ({
  statusCode: 201,
  contentType: 'application/json',
  body: JSON.stringify({ kind, apiVersion, metadata: {}, spec, status }),
});
