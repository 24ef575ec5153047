import { hash, randomBytes, randomInt } from 'node:crypto';

/** No vowels, so that no words come out; nothing that is easily taken for something else (RFC 8628 section 6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const LENGTH = 8;
const SECRET_BYTES = 32;

/** 20^8: 34 bits, for a code that lives minutes and whose guesses are limited. */
export function createUserCode(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

/** As it is shown: `BCDF-GHJK`. */
export const showUserCode = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

/** What somebody typed, in any case, with or without the hyphen; undefined where it cannot be a code. */
export function readUserCode(typed: unknown): string | undefined {
  if (typeof typed !== 'string' || typed.length > 40) return undefined;
  const code = typed.replace(/[\s\-‐‑–]/g, '').toUpperCase();
  return code.length === LENGTH && [...code].every((letter) => LETTERS.includes(letter)) ? code : undefined;
}

/** A device code or authorization code: 256 random bits. */
export const createGrantSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/**
 * What is stored. Of a user code too: somebody who reads the database could try all of them, and would then hold a code
 * that gives no token without the device code, of which there are 2^256.
 */
export const grantDigest = (secret: string): string => hash('sha256', secret, 'hex');
