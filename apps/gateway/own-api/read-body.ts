import { GatehouseError } from '#errors';
import type { OwnApiRequest } from '#pipeline';
import { readYaml } from '#resources';

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_YAML_BYTES = 64 * 1024;
/**
 * The YAML reader takes up to 20 microseconds for each of them, in which nobody else is served, and next to nothing for
 * other characters. An AccessRule of some 450 lines has fewer.
 */
const MAX_YAML_INDICATORS = 2000;
/** What begins a node, a scalar, a property, a comment, a directive or a line (YAML 1.2.2 section 5.3), and escapes. */
const INDICATORS = new Set(Array.from('[]{},?:&*!|>\'"#%@`\\\n\r\t', (character) => character.charCodeAt(0)));
const DASH = '-'.charCodeAt(0);

/**
 * Reads one JSON value of at most 1 MiB, or one YAML document of at most 64 KiB and 2000 indicators. Without a Content-Type it is JSON, as
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
  if (hasTooManyIndicators(text))
    throw new GatehouseError(
      'badRequest',
      `the body has more than ${MAX_YAML_INDICATORS} lines and indicators of YAML; send it as application/json`,
    );
  const { documents, problems } = readYaml(text);
  const [problem] = problems;
  if (problem) throw new GatehouseError('badRequest', `the body, line ${problem.line}: ${problem.message}`);
  if (documents.length !== 1) throw new GatehouseError('badRequest', 'the body must be one YAML document');
  return documents[0]?.value;
}

/** One pass, before the YAML reader sees the text: the reader's time is in proportion to what is counted here. */
function hasTooManyIndicators(text: string): boolean {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Within a word a dash is text; before a blank or the end it begins an element.
    if (code === DASH ? !(text.charCodeAt(at + 1) > 0x20) || text.charCodeAt(at + 1) === DASH : INDICATORS.has(code))
      count += 1;
    if (count > MAX_YAML_INDICATORS) return true;
  }
  return false;
}
