/** Flags that lead kubectl to another cluster, or make it somebody else. */
const FOREIGN = [
  'as',
  'as-group',
  'as-uid',
  'as-user-extra',
  'certificate-authority',
  'client-certificate',
  'client-key',
  'cluster',
  'context',
  'insecure-skip-tls-verify',
  'kubeconfig',
  'kuberc',
  'password',
  'server',
  'tls-server-name',
  'token',
  'user',
  'username',
];

/** The first of them in a command line, before a `--` that ends kubectl's own flags. */
export function findForeignFlag(args: readonly string[]): string | undefined {
  const end = args.indexOf('--');
  for (const arg of args.slice(0, end < 0 ? undefined : end)) {
    if (/^-[AwitqRpLfh]*s/.test(arg) && !arg.startsWith('--')) return '-s';
    const [, name = ''] = /^--([a-z-]+)/.exec(arg) ?? [];
    if (FOREIGN.includes(name)) return `--${name}`;
  }
  return undefined;
}
