import type { AskedIdentity, Identity } from '#model';

/**
 * Who is judged beside the person that acts as somebody else (`kubectl --as`): the asked name and groups, as if the
 * same issuer had given them, with no claims of their own. What limits the credential limits this one too.
 */
export function impersonatedIdentity(person: Identity, { user, groups, uid, extra }: AskedIdentity): Identity {
  const account = /^system:serviceaccount:([^:]+):[^:]+$/.exec(user);
  // The API server gives these to an account that asks for no others.
  const own = account && groups.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`] : [];
  return { ...person, subject: '', username: user, groups: [...groups, ...own], uid, extra, claims: {} };
}
