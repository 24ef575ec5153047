import { parseRequest } from '#kube';
import type { IssuerRules, SubjectRules } from './subject-rules.ts';
import { FoundRules, OPEN_GATE } from './found-rules.ts';
import { readQuestion } from './question.ts';

const UPDATE = { verb: 'update', method: 'PUT' };

/** Who may change access rules, groups first: a denial tells people whom to ask. */
export function* listAdmins(issuers: ReadonlyMap<string, IssuerRules> | undefined): Generator<void, string[]> {
  const parsed = parseRequest('PUT', '/apis/gatehouse.dev/v1alpha1/accessrules/any');
  if (!parsed.ok || issuers === undefined) return [];
  const question = readQuestion(parsed.request, false);
  const mayUpdate = ({ allow }: SubjectRules): boolean => {
    const found = new FoundRules(OPEN_GATE);
    allow?.find(question, UPDATE, found);
    return found.first !== Infinity;
  };
  const found: [everybody: string[], groups: string[], users: string[]] = [[], [], []];
  for (const [name, issuer] of issuers) {
    const add = (list: string[], who: string, may: boolean): void => void (may && list.push(`${who} (issuer ${name})`));
    add(found[0], 'anybody', mayUpdate(issuer.everybody));
    for (const [group, rules] of issuer.groups) {
      yield;
      add(found[1], `group ${JSON.stringify(group)}`, mayUpdate(rules));
    }
    for (const [user, rules] of issuer.users) {
      yield;
      add(found[2], `user ${JSON.stringify(user)}`, mayUpdate(rules));
    }
    for (const [user, byGroup] of issuer.usersInGroups)
      add(found[2], `user ${JSON.stringify(user)}`, [...byGroup.values()].some(mayUpdate));
  }
  return found.flatMap((list) => list.toSorted());
}
