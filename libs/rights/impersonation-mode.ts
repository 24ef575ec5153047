import type { MappingSpec } from '#resources';

/**
 * How the API server may be asked to impersonate. The first three are Kubernetes' constrained impersonation (KEP-5284,
 * on by default since 1.36): `impersonate:<mode>` says whom, `impersonate-on:<mode>:<verb>` says for which requests.
 * `legacy` is the verb `impersonate` alone, which limits whom and never what for.
 */
export type ImpersonationMode = 'user-info' | 'serviceaccount' | 'arbitrary-node' | 'legacy';

const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const HTTP_PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** The mode that the API server uses for what a mapping sends, where it has them. */
export function modeOf(impersonate: NonNullable<MappingSpec['impersonate']>): ImpersonationMode {
  const { user, groups = [], uid, extra = [] } = impersonate;
  const name = user.value ?? '';
  const isAccount = readServiceAccount(name) !== undefined;
  const isNode = name.startsWith('system:node:');
  if (isAccount || isNode) {
    // These are known by their name alone. Groups of an account are never sent.
    if (uid || extra.length > 0 || (isNode && groups.length > 0)) return 'legacy';
    return isAccount ? 'serviceaccount' : 'arbitrary-node';
  }
  return extra.every(({ key }) => isDomainPrefixed(key)) ? 'user-info' : 'legacy';
}

/** `system:serviceaccount:<namespace>:<name>`, taken apart; undefined for any other name. */
export function readServiceAccount(name: string): { namespace: string; name: string } | undefined {
  const parts = name.split(':');
  const [system, kind, namespace = '', account = ''] = parts;
  return parts.length === 4 &&
    system === 'system' &&
    kind === 'serviceaccount' &&
    SUBDOMAIN.test(namespace) &&
    SUBDOMAIN.test(account)
    ? { namespace, name: account }
    : undefined;
}

/** Constrained impersonation takes only such keys of extras (`example.com/name`). */
export function isDomainPrefixed(key: string): boolean {
  const slash = key.indexOf('/');
  return (
    slash > 0 &&
    key.slice(0, slash).length <= 253 &&
    SUBDOMAIN.test(key.slice(0, slash)) &&
    HTTP_PATH.test(key.slice(slash + 1))
  );
}
