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
export async function readBody(request: Body): Promise<unknown> {
  requireType(typeOf(request));
  return parse(request, await readText(request));
}

/** The same, or undefined where there is no body; then its type does not matter. */
export async function readOptionalBody(request: Body): Promise<unknown> {
  const text = await readText(request);
  return text === '' ? undefined : parse(request, text);
}

type Body = Pick<OwnApiRequest, 'body' | 'contentType'>;

const typeOf = ({ contentType }: Body): string =>
  (contentType ?? '').split(';')[0]?.trim().toLowerCase() || 'application/json';

function requireType(type: string): void {
  if (type !== 'application/json' && type !== 'application/yaml')
    throw new GatehouseError('unsupportedMediaType', 'send application/json or application/yaml');
}

async function readText(request: Body): Promise<string> {
  const chunks: Buffer[] = [];
  const maxBytes = typeOf(request) === 'application/json' ? MAX_BODY_BYTES : MAX_YAML_BYTES;
  for await (const chunk of request.body(maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(request: Body, text: string): unknown {
  const type = typeOf(request);
  requireType(type);
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
