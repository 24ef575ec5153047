import { parse } from 'yaml';
import { GatehouseError } from '#errors';
import type { OwnApiRequest } from '#pipeline';

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Reads a JSON or YAML body of at most 1 MiB.
 * @throws GatehouseError unsupportedMediaType, tooLarge, requestTimeout, badRequest.
 */
export async function readBody({ body, contentType }: Pick<OwnApiRequest, 'body' | 'contentType'>): Promise<unknown> {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' && type !== 'application/yaml')
    throw new GatehouseError('unsupportedMediaType', 'send application/json or application/yaml');
  const chunks: Buffer[] = [];
  for await (const chunk of body(MAX_BODY_BYTES)) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return type === 'application/json' ? JSON.parse(text) : parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw new GatehouseError('badRequest', `the body is not valid ${type === 'application/json' ? 'JSON' : 'YAML'}`, {
      cause,
    });
  }
}
