import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { GatehouseError } from '#errors';

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Reads a JSON or YAML body of at most 1 MiB.
 * @throws GatehouseError unsupportedMediaType, tooLarge, badRequest.
 */
export async function readBody(request: IncomingMessage, contentType: string | undefined): Promise<unknown> {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' && type !== 'application/yaml')
    throw new GatehouseError('unsupportedMediaType', 'send application/json or application/yaml');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES)
      throw new GatehouseError('tooLarge', `an object may have ${MAX_BODY_BYTES} bytes at most`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return type === 'application/json' ? JSON.parse(text) : parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw new GatehouseError('badRequest', `the body is not valid ${type === 'application/json' ? 'JSON' : 'YAML'}`, {
      cause,
    });
  }
}
