import { hexValue } from './decode-percent.ts';

/**
 * What careless decoders see. Nothing is ever forwarded or judged from what these functions give: they only find
 * spellings that somebody behind the API server could read in another way, so that these are refused.
 */

/** Replaces overlong UTF-8 forms of ASCII characters by the character (`C0 AF` by `/`). Takes and gives byte strings. */
export function foldOverlong(bytes: string): string {
  // The bytes that such forms start with; nearly no path holds one.
  if (!/[\xc0\xc1\xe0\xf0\xf8\xfc]/.test(bytes)) return bytes;
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    out.push(bytes.charCodeAt(at));
    foldEnd(out);
  }
  return toText(out);
}

/**
 * Decodes percent-escapes until none is left, those that decoding makes (`%252e`) and those in overlong forms included.
 * One pass, whatever the nesting: an escape is decoded when its last byte is written, and the byte that comes out of it
 * is again the last one.
 */
export function decodeAllLevels(raw: string): string {
  const out: number[] = [];
  for (let at = 0; at < raw.length; at++) {
    out.push(raw.charCodeAt(at));
    while (decodeEnd(out) || foldEnd(out));
  }
  return toText(out);
}

const PERCENT = 0x25;

/** Decodes an escape that the bytes end in. */
function decodeEnd(out: number[]): boolean {
  const at = out.length - 3;
  if (at < 0 || out[at] !== PERCENT) return false;
  const high = hexValue(out[at + 1] as number);
  const low = hexValue(out[at + 2] as number);
  if (high < 0 || low < 0) return false;
  out.length = at;
  out.push(high * 16 + low);
  return true;
}

/** Folds an overlong form of an ASCII character that the bytes end in. */
function foldEnd(out: number[]): boolean {
  let at = out.length - 1;
  while (at >= 0 && at > out.length - 7 && ((out[at] as number) & 0xc0) === 0x80) at--;
  const width = out.length - at;
  if (at < 0 || width < 2 || width > 6 || FIRST_BYTES[out[at] as number] !== width) return false;
  let code = (out[at] as number) & 1;
  for (let i = at + 1; i < out.length; i++) code = (code << 6) | ((out[i] as number) & 0x3f);
  // Of two bytes the first holds the seventh bit; of more it holds none, and only the last two may hold any.
  if (code >= 0x80) return false;
  out.length = at;
  out.push(code);
  return true;
}

/** First byte of a sequence that could spell ASCII, and the sequence's width. */
const FIRST_BYTES: Readonly<Record<number, number>> = { 0xc0: 2, 0xc1: 2, 0xe0: 3, 0xf0: 4, 0xf8: 5, 0xfc: 6 };

function toText(codes: readonly number[]): string {
  let text = '';
  for (const code of codes) text += String.fromCharCode(code);
  return text;
}
