import type { RequestInfo } from '#model';

export const REDACTED = '[redacted]';

/** Parameters whose value is a secret by its name, wherever they stand: OAuth's, and what pages commonly use. */
const SECRET_NAME =
  /token|secret|passw|apikey|api[-_]key|credential|authorization|signature|session|assertion|^(code|state|key|auth|sig|jwt|nonce|code_verifier)$/;
const LOOKS_LIKE_JWT = /^(bearer\s+)?eyJ[\w-]{5,}\.[\w-]{5,}\./i;

/**
 * The request target as it may be kept in the log. Values that may hold secrets become `[redacted]`: by the
 * parameter's name, by the look of a JWT, and the whole query of anything sent on to a service, pod or node proxy,
 * because nobody knows what an application keeps there. Without a RequestInfo (the target was refused) it errs
 * towards redacting. Pure; the names of parameters stay.
 */
export function redactRequestUri(target: string, request?: RequestInfo): string {
  const [beforeFragment, fragment] = cut(target, '#');
  const [path, query] = cut(beforeFragment, '?');
  const shownQuery = query === undefined ? '' : `?${redactQuery(query, isProxied(path, request))}`;
  // Fragments are never sent by honest clients; OAuth's implicit flow keeps tokens there.
  return redactUserInfo(path) + shownQuery + (fragment === undefined ? '' : `#${REDACTED}`);
}

function redactQuery(query: string, everything: boolean): string {
  if (query === '') return '';
  if (everything) return REDACTED;
  return query
    .split(/([&;])/)
    .map((part) => (part === '&' || part === ';' ? part : redactParameter(part)))
    .join('');
}

function redactParameter(parameter: string): string {
  const [rawName, rawValue] = cut(parameter, '=');
  const name = decode(rawName);
  const value = rawValue === undefined ? undefined : decode(rawValue);
  if (name === undefined || (rawValue !== undefined && value === undefined)) return REDACTED;
  if (value === undefined) return LOOKS_LIKE_JWT.test(name) ? REDACTED : parameter;
  if (value === '') return parameter;
  const secret = SECRET_NAME.test(name.toLowerCase()) || LOOKS_LIKE_JWT.test(value);
  return secret ? `${rawName}=${REDACTED}` : parameter;
}

function isProxied(path: string, request: RequestInfo | undefined): boolean {
  if (request) return request.subresource === 'proxy';
  return /[/\\]proxy/i.test(decode(decode(path) ?? path) ?? path);
}

/** `http://user:password@host/` is refused as a target, and yet recorded. */
const redactUserInfo = (path: string): string => path.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/]*@/i, `$1//${REDACTED}@`);

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
