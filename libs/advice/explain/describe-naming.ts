import type { IssuerInput } from '#identity';
import type { Identity } from '#model';

type Mapping = { readonly claim?: string | undefined; readonly expression?: string | undefined } | undefined;

/** Which claims made a person's names, a sentence each. Claims that name nothing are not shown. */
export function describeNaming(identity: Identity, { claimMappings }: IssuerInput): string[] {
  const { claims, username, groups, uid } = identity;
  const describe = (mapping: Mapping, what: string, names: readonly string[]): string[] => {
    if (mapping === undefined || names.length === 0) return [];
    const gives = `${what} ${names.join(', ')}`;
    if (mapping.claim === undefined) return [`${mapping.expression ?? ''} → ${gives}`];
    const value = Object.hasOwn(claims, mapping.claim) ? JSON.stringify(claims[mapping.claim]) : 'not known';
    return [`${mapping.claim} ${value} → ${gives}`];
  };
  return [
    ...describe(claimMappings.username, 'user', [username]),
    ...describe(claimMappings.groups, groups.length === 1 ? 'group' : 'groups', groups),
    ...describe(claimMappings.uid, 'uid', uid === undefined ? [] : [uid]),
  ];
}
