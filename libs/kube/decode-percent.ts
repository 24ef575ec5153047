/**
 * Percent-decoding with Go's results. A *byte string* is a string whose char codes are bytes (0 to 255); decoding to
 * text happens once, at the end, so that every comparison the API server makes on bytes is made on bytes here too.
 */

const PERCENT = 0x25;
/** A byte that is no UTF-8 is the surrogate of this and the byte (0x80 to 0xff): U+DC80 to U+DCFF. */
const LONE_BYTE = 0xdc00;

/** 0 to 15, or -1 for what is not a hexadecimal digit (NaN, past the end of a string, gives -1 too). */
export function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Whether `text[at]`, a `%`, starts a valid escape. */
export function isEscape(text: string, at: number): boolean {
  return hexValue(text.charCodeAt(at + 1)) >= 0 && hexValue(text.charCodeAt(at + 2)) >= 0;
}

/** Decodes once, as for a path: `+` stays. Invalid escapes stay as they are; callers have refused them before. */
export function decodePathBytes(raw: string): string {
  return raw.includes('%') ? decodeEscapes(raw) : raw;
}

/** Decodes once, as for a query: `+` is a space (Go's `url.QueryUnescape`). */
export function decodeQueryBytes(raw: string): string {
  return decodePathBytes(raw.includes('+') ? raw.replaceAll('+', ' ') : raw);
}

function decodeEscapes(raw: string): string {
  let out = '';
  let from = 0;
  for (let at = raw.indexOf('%'); at >= 0; at = raw.indexOf('%', from)) {
    out += raw.slice(from, at);
    if (isEscape(raw, at)) {
      out += String.fromCharCode(hexValue(raw.charCodeAt(at + 1)) * 16 + hexValue(raw.charCodeAt(at + 2)));
      from = at + 3;
    } else {
      out += String.fromCharCode(PERCENT);
      from = at + 1;
    }
  }
  return out + raw.slice(from);
}

/** Length of the valid UTF-8 sequence that starts at `at`; 0 where there is none (Go: one byte of U+FFFD). */
function sequenceLength(bytes: string, at: number): number {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0) return 0;
  // The second byte excludes overlong forms, surrogates and what lies past U+10FFFF (RFC 3629, section 4).
  const second = bytes.charCodeAt(at + 1);
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (!(second >= low && second <= high)) return 0;
  for (let i = 2; i < length; i++) if ((bytes.charCodeAt(at + i) & 0xc0) !== 0x80) return 0;
  return length;
}

/**
 * Byte string to text, so that different bytes are different texts: what is valid UTF-8 is read as that, each byte of
 * what is not becomes a lone surrogate (`FF` is U+DCFF), which no text from a file or a person holds. With U+FFFD for
 * all of them, as where such text is printed, a rule for one name would match others.
 */
export function bytesToText(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  let out = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length <= 1) {
      out += length === 1 ? bytes[at] : String.fromCharCode(LONE_BYTE | bytes.charCodeAt(at));
      at += 1;
      continue;
    }
    let code = bytes.charCodeAt(at) & (0xff >> (length + 1));
    for (let i = 1; i < length; i++) code = (code << 6) | (bytes.charCodeAt(at + i) & 0x3f);
    out += String.fromCodePoint(code);
    at += length;
  }
  return out;
}

/** The bytes of U+FFFD in place of each byte that is no UTF-8. */
export function replaceInvalidUtf8(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  let out = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    out += length === 0 ? '\xef\xbf\xbd' : bytes.slice(at, at + length);
    at += length || 1;
  }
  return out;
}

function isAscii(bytes: string): boolean {
  return !/[\x80-\xff]/.test(bytes);
}
