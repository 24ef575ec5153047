import type { Subject } from '#policy';
import { judgeName } from '../judge-word.ts';
import type { RbacSubject } from './rbac-objects.ts';

/** Replaces one beginning of names by another; both may be empty. */
export interface Prefix {
  readonly from: string;
  readonly to: string;
}

export interface SubjectNames {
  /** `metadata.name` of the Issuer that the people come from. */
  readonly issuer: string;
  /** From the names that RBAC has to those that the issuer gives. Absent: they are the same. */
  readonly userPrefix?: Prefix | undefined;
  readonly groupPrefix?: Prefix | undefined;
}

/**
 * The person or group whom an RBAC subject means, or undefined where it means nobody of the issuer; `warn` is told why.
 * RBAC judges the name that the cluster sees, an access rule the one that the issuer gives.
 */
export function convertSubject(
  subject: RbacSubject,
  names: SubjectNames,
  warn: (message: string) => void,
): Subject | undefined {
  const { kind, name } = subject;
  const called = `${kind} ${JSON.stringify(name)}`;
  if (kind === 'ServiceAccount' || /^system:serviceaccounts?(?::|$)/.test(name)) {
    warn(
      'service accounts are left out: they are no people of the issuer, and go to the API server with tokens of their own',
    );
    return undefined;
  }
  if (kind === 'Group' && name === 'system:authenticated') {
    warn(`Group "system:authenticated" is taken as everybody of issuer ${JSON.stringify(names.issuer)}`);
    return { issuer: names.issuer };
  }
  if (kind === 'Group' && name === 'system:unauthenticated') {
    warn('Group "system:unauthenticated" is left out: nobody passes this gateway without logging in');
    return undefined;
  }
  if (name.startsWith('system:')) {
    warn('users and groups named system:… are left out: they are parts of the cluster, not people of the issuer');
    return undefined;
  }
  const prefix = kind === 'User' ? names.userPrefix : names.groupPrefix;
  if (prefix !== undefined && !name.startsWith(prefix.from)) {
    warn(`${called} is left out: it does not begin with ${JSON.stringify(prefix.from)}`);
    return undefined;
  }
  const renamed = prefix === undefined ? name : prefix.to + name.slice(prefix.from.length);
  const problem = judgeName(renamed);
  if (problem !== undefined) {
    warn(`${called} is left out (${problem})`);
    return undefined;
  }
  return kind === 'User' ? { issuer: names.issuer, user: renamed } : { issuer: names.issuer, group: renamed };
}
