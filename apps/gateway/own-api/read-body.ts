import { GatehouseError } from '#errors';
import type { OwnApiRequest } from '#pipeline';
import { readYaml } from '#resources';

const MAX_BODY_BYTES = 1024 * 1024;
/** YAML that is written to be slow takes some microseconds a byte, in which nobody else is served. */
const MAX_YAML_BYTES = 64 * 1024;

/**
 * Reads one JSON value of at most 1 MiB, or one YAML document of at most 64 KiB. Without a Content-Type it is JSON, as
 * for the API server: `kubectl create --raw` sends none.
 * @throws GatehouseError unsupportedMediaType, tooLarge, requestTimeout, badRequest.
 */
export async function readBody({ body, contentType }: Pick<OwnApiRequest, 'body' | 'contentType'>): Promise<unknown> {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() || 'application/json';
  if (type !== 'application/json' && type !== 'application/yaml')
    throw new GatehouseError('unsupportedMediaType', 'send application/json or application/yaml');
  const chunks: Buffer[] = [];
  for await (const chunk of body(type === 'application/json' ? MAX_BODY_BYTES : MAX_YAML_BYTES)) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return type === 'application/json' ? readJson(text) : readOneDocument(text);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatehouseError('badRequest', 'the body is not valid JSON', { cause });
  }
}

function readOneDocument(text: string): unknown {
  const { documents, problems } = readYaml(text);
  const [problem] = problems;
  if (problem) throw new GatehouseError('badRequest', `the body, line ${problem.line}: ${problem.message}`);
  if (documents.length !== 1) throw new GatehouseError('badRequest', 'the body must be one YAML document');
  return documents[0]?.value;
}
