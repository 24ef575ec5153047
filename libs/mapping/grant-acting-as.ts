import type { AskedIdentity, Grant, ImpersonateGrant } from '#model';
import { checkName } from './read-values.ts';

export type ActingGrantResult =
  | { readonly ok: true; readonly grant: ImpersonateGrant }
  | { readonly ok: false; readonly message: string };

/** The gateway's own extras say who somebody is; nobody else may say them. */
const OWN_KEYS = 'gatehouse.dev/';
/** Each is asked about by a request of its own. */
const MAX_NAMES = 50;

/**
 * The Grant of a person who acts as somebody else, out of their own. Only where the gateway impersonates: with a token
 * the cluster knows one identity. Names go upstream byte for byte or not at all; `system:masters` never does.
 * @param originalUserKey extra key that carries the person's own mapped user along.
 */
export function grantActingAs(grant: Grant, asked: AskedIdentity, originalUserKey: string): ActingGrantResult {
  const refuse = (message: string): ActingGrantResult => ({ ok: false, message });
  if (grant.mode !== 'impersonate')
    return refuse(
      `mapping "${grant.mapping}" uses a token on cluster "${grant.cluster}", and with a token nobody acts as somebody else`,
    );
  const { user, groups, uid, extra } = asked;
  const values = Object.values(extra).flat();
  const names = [user, ...groups, ...(uid === undefined ? [] : [uid]), ...values];
  if (names.length > MAX_NAMES) return refuse(`more than ${MAX_NAMES} names to act as`);
  for (const name of names) {
    const problem = checkName(name, { value: name });
    if (problem) return refuse(`a name to act as ${problem}`);
  }
  for (const key of Object.keys(extra)) {
    if (key.startsWith(OWN_KEYS)) return refuse(`extra ${JSON.stringify(key)} is the gateway’s own`);
    if (!/^[a-z0-9!#$&'*+.^_`|~/-]{1,256}$/.test(key)) return refuse('an extra has a key that may not go upstream');
  }
  if (groups.includes('system:masters')) return refuse('nobody acts as a member of system:masters');
  const acting = {
    mode: 'impersonate',
    mapping: grant.mapping,
    cluster: grant.cluster,
    user,
    groups,
    uid,
    extra: { ...extra, [originalUserKey]: [grant.user] },
    originalUser: grant.user,
  };
  return { ok: true, grant: acting as unknown as ImpersonateGrant };
}
