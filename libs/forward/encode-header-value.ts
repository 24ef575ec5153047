/**
 * Node writes header strings as latin1. A name that holds anything else must go out as its UTF-8 bytes, one character
 * a byte, or the API server would see another person.
 */
export function utf8HeaderValue(value: string): string {
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) > 0x7e) return Buffer.from(value, 'utf8').toString('latin1');
  }
  return value;
}
