import { createHash } from 'node:crypto';

const MAX_NAME = 63;

/**
 * The AccessRule's name for a binding: `rolebinding.team-a.viewers`, `clusterrolebinding.admins`. It depends on
 * nothing else, so that an import can be repeated; what a name here cannot hold is replaced, and a digest keeps
 * such names apart.
 */
export function nameRule(kind: string, namespace: string | undefined, name: string): string {
  const exact = [kind.toLowerCase(), ...(namespace === undefined ? [] : [namespace]), name].join('.');
  const readable = exact
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/-*\.[-.]*/g, '.')
    .replace(/[-.]+$/, '');
  if (readable === exact && readable.length <= MAX_NAME) return readable;
  const digest = createHash('sha256').update(exact).digest('hex').slice(0, 8);
  return `${readable.slice(0, MAX_NAME - digest.length - 1).replace(/[-.]+$/, '')}-${digest}`;
}
