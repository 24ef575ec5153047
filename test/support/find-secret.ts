/**
 * Finds a secret in whatever a thief could hold (database files, dumps, logs), in any of the shapes that it may have
 * leaked in. Answers the names of the shapes that were found; an empty list is the good answer. Shapes:
 * raw; hex (either case); base64 and base64url, standing alone or at any offset inside a longer encoded text; and
 * every 16-byte piece of the secret, so that a secret that is cut by a page boundary or a line break is found too.
 */
export function findSecret(secret: string, haystack: Buffer): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < PIECE_BYTES)
    throw new Error(
      `findSecret needs a secret of ${PIECE_BYTES} bytes or more: a shorter one would be found by chance`,
    );
  const needles = new Map<string, Buffer>([['raw', bytes], ...encodings('', bytes)]);
  for (let at = 0; at + PIECE_BYTES <= bytes.length; at += 1) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    needles.set(`piece at ${at}`, piece);
    for (const [name, needle] of encodings(`piece at ${at}, `, piece)) needles.set(name, needle);
  }
  const lower = Buffer.from(haystack.toString('latin1').toLowerCase(), 'latin1');
  return [...needles]
    .filter(([name, needle]) => (name.endsWith('hex') ? lower : haystack).includes(needle))
    .map(([name]) => name);
}

/** As `findSecret`, but of the whole secret only: for many secrets and a large haystack. */
export function findEncoded(secret: string, haystack: Buffer): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [['raw', bytes] as const, ...encodings('', bytes)]
    .filter(([, needle]) => haystack.includes(needle))
    .map(([name]) => name);
}

const PIECE_BYTES = 16;

function encodings(prefix: string, bytes: Buffer): [string, Buffer][] {
  const found: [string, Buffer][] = [[`${prefix}hex`, Buffer.from(bytes.toString('hex'), 'latin1')]];
  for (const encoding of ['base64', 'base64url'] as const) {
    for (const shift of [0, 1, 2])
      found.push([`${prefix}${encoding} shifted ${shift}`, inside(bytes, shift, encoding)]);
  }
  return found;
}

/** The part of the encoded text that depends on these bytes alone, when `shift` bytes of a group of three precede them. */
function inside(bytes: Buffer, shift: number, encoding: 'base64' | 'base64url'): Buffer {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString(encoding)
    .replaceAll('=', '');
  const first = Math.ceil((shift * 8) / 6);
  const last = Math.floor(((shift + bytes.length) * 8) / 6);
  return Buffer.from(text.slice(first, last), 'latin1');
}
