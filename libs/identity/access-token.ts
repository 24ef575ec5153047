import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_BYTES = 20;
/** 62^27 > 2^160. */
const RANDOM_DIGITS = 27;
/** 62^6 > 2^32. */
const CHECKSUM_DIGITS = 6;
const FORM = /^gth_[0-9A-Za-z]{33}$/;

export const ACCESS_TOKEN_PREFIX = 'gth_';

/** `gth_`, 160 random bits and a CRC-32 of them in base 62: a secret scanner can tell one from chance without asking. */
export function createAccessToken(): string {
  const random = toDigits(BigInt(`0x${randomBytes(RANDOM_BYTES).toString('hex')}`), RANDOM_DIGITS);
  return `${ACCESS_TOKEN_PREFIX}${random}${checksumOf(random)}`;
}

/** Whether this has the form and the checksum of an access token; whether it is one only the store knows. */
export function isAccessToken(token: string): boolean {
  if (!FORM.test(token)) return false;
  const random = token.slice(ACCESS_TOKEN_PREFIX.length, ACCESS_TOKEN_PREFIX.length + RANDOM_DIGITS);
  return token.endsWith(checksumOf(random));
}

/** What is stored of a token: 160 random bits need no slow hash. */
export const accessTokenDigest = (token: string): string => hash('sha256', token, 'hex');

/** In ordinary numbers, which hold 32 bits: each request with an access token asks for it. */
function checksumOf(random: string): string {
  let digits = '';
  for (let rest = crc32(random); digits.length < CHECKSUM_DIGITS; rest = Math.floor(rest / 62))
    digits = DIGITS.charAt(rest % 62) + digits;
  return digits;
}

function toDigits(value: bigint, length: number): string {
  let digits = '';
  for (let rest = value; digits.length < length; rest /= 62n) digits = DIGITS[Number(rest % 62n)] + digits;
  return digits;
}
