import { createHash } from 'node:crypto';

const MAX_NAME = 63;

/**
 * The name of an AccessRule that is made of something, like `rolebinding.team-a.viewers`. It depends on nothing else,
 * so that making it again gives the same rule; what a name here cannot hold is replaced, and a digest keeps such names
 * apart.
 */
export function nameRule(...parts: readonly string[]): string {
  const exact = parts.join('.');
  const readable = exact
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/(?<!-)-*\.[-.]*/g, '.')
    .replace(/^[-.]+|(?<![-.])[-.]+$/g, '');
  if (readable === exact && readable.length <= MAX_NAME) return readable;
  const digest = createHash('sha256').update(exact).digest('hex').slice(0, 8);
  return `${readable.slice(0, MAX_NAME - digest.length - 1).replace(/(?<![-.])[-.]+$/, '')}-${digest}`;
}
