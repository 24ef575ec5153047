/** Source of an expression for a token (RFC 9110 section 5.6.2), which a header's name is. */
export const TOKEN = String.raw`[!#$%&'*+\-.^_\x60|~0-9A-Za-z]+`;
const VALUE = String.raw`[\t\x20-\x7e\x80-\xff]*`;

const HEADER_NAME = new RegExp(`^${TOKEN}$`);
/** One character a byte. */
export const HEADER_VALUE = new RegExp(`^${VALUE}$`);
/** RFC 9112 section 5 without what is obsolete: no folded lines, no bare CR or LF, no blank before a colon. Each line with the break before it. */
export const HEADER_LINES = new RegExp(String.raw`^(?:\r\n${TOKEN}:${VALUE})*$`);

const END_OF_LINE = '\r\n';

/** Adds the header lines behind the first line of `text`, which HEADER_LINES has found good, to `flat`: name, value without the blanks around it. */
export function readHeaderLines(text: string, flat: string[]): void {
  let lineEnd = text.indexOf(END_OF_LINE);
  while (lineEnd >= 0) {
    const start = lineEnd + END_OF_LINE.length;
    lineEnd = text.indexOf(END_OF_LINE, start);
    const colon = text.indexOf(':', start);
    let from = colon + 1;
    let to = lineEnd < 0 ? text.length : lineEnd;
    while (from < to && isBlank(text.charCodeAt(from))) from++;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
    flat.push(text.slice(start, colon), text.slice(from, to));
  }
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/**
 * One header line with its line break.
 * @throws TypeError where a line break would begin a header, or a response, of its own.
 */
export function headerLine(name: string, value: string): string {
  if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value))
    throw new TypeError(`a header that cannot be sent: ${JSON.stringify(name)}`);
  return `${name}: ${value}\r\n`;
}

/** `Content-Length` of flat headers; NaN where there is none. */
export function readContentLength(flat: readonly string[]): number {
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    if (name.length === 14 && name.toLowerCase() === 'content-length') return Number(flat[i + 1]);
  }
  return Number.NaN;
}

/** Headers of a response that has no body: without those that say how long it is. */
export function withoutFraming(flat: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const lower = (flat[i] as string).toLowerCase();
    if (lower !== 'content-length' && lower !== 'transfer-encoding')
      kept.push(flat[i] as string, flat[i + 1] as string);
  }
  return kept;
}
