import type { AccessRuleInput, Rule, Subject } from '#policy';
import { API_VERSION, type ResourceObject } from '#resources';
import { accessRulesOf } from '../access-rules-of.ts';
import { judgeWord } from '../judge-word.ts';
import { nameRule } from '../name-rule.ts';
import type { GatheredRequest } from '../replay/gather-requests.ts';
import { compileForReplay, judgeAgain } from '../replay/judge-again.ts';
import { assignRights, type Assigned, type UsedByPerson } from './assign-rights.ts';
import { countMore } from './count-more.ts';
import { forgetNames } from './forget-names.ts';
import { mergeRights } from './merge-rights.ts';
import { isOptions, usedRights, type Right } from './used-rights.ts';

export interface SuggestOptions {
  /** Rules that stay: what they allow needs no suggestion. */
  readonly kept: readonly AccessRuleInput[];
  /** Suggest nothing for groups. */
  readonly perPerson: boolean;
  /** Any name instead of those that were used, and reading as a whole. */
  readonly roundUp: boolean;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

export interface Suggestion {
  readonly object: ResourceObject;
  /** Sentences: what it gives beyond what was used. */
  readonly more: readonly string[];
}

export interface Suggestions {
  readonly suggestions: readonly Suggestion[];
  /** Kinds of requests that the suggestions were made for, and how many requests those were. */
  readonly kinds: number;
  readonly requests: number;
  /** Used, and yet not allowed with the suggestions: a Deny that stays, or words that no rule can hold. */
  readonly notCovered: readonly { readonly asked: GatheredRequest; readonly reason: string }[];
  /** Kept rules whose wish for a fresh or strong login was taken as granted. */
  readonly loginAssumed: readonly string[];
}

/**
 * The smallest readable set of AccessRules that allows what was used and is not allowed by the rules that stay. Every
 * request is judged again by the kept rules and the suggested ones together; what is still refused is told.
 */
export function suggestRules(requests: readonly GatheredRequest[], options: SuggestOptions): Suggestions {
  const kept = compileForReplay(options.kept);
  const wanted = requests.filter((asked) => asked.used > 0 && !judgeAgain(kept, asked, options.nowMs).allowed);
  const people = [...Map.groupBy(wanted, ({ person }) => JSON.stringify([person.issuer, person.username]))].map(
    ([, asked]): UsedByPerson => ({
      person: latestOf(asked).person,
      rights: forgetNames(asked.flatMap(usedRights), options.roundUp).filter(({ right }) => canBeRuled(right)),
    }),
  );
  const taken = new Set(options.kept.map(({ name }) => name));
  const suggestions = assignRights(people, options.perPerson).flatMap((assigned) => suggest(assigned, options, taken));
  suggestions.sort((a, b) => (a.object.metadata.name < b.object.metadata.name ? -1 : 1));

  const together = compileForReplay([...options.kept, ...accessRulesOf(suggestions.map(({ object }) => object))]);
  const notCovered = wanted.flatMap((asked) => {
    const decision = judgeAgain(together, asked, options.nowMs);
    return decision.allowed ? [] : [{ asked, reason: decision.reason }];
  });
  return {
    suggestions,
    kinds: wanted.length,
    requests: wanted.reduce((sum, { used }) => sum + used, 0),
    notCovered,
    loginAssumed: kept.loginAssumed,
  };
}

/** Of somebody whose groups changed meanwhile, the present ones count. */
const latestOf = (asked: readonly GatheredRequest[]): GatheredRequest =>
  asked.reduce((latest, other) => (other.lastAtMs > latest.lastAtMs ? other : latest));

/** Clusters on which a subject needs the same are one rule. */
function suggest(assigned: Assigned, options: SuggestOptions, taken: Set<string>): Suggestion[] {
  const { subject, rights, people } = assigned;
  const byCluster = [...Map.groupBy(rights, ({ cluster }) => cluster)].map(([cluster, list]) => ({
    cluster,
    rights: list,
    rules: mergeRights(list, options),
  }));
  const byRules = [...Map.groupBy(byCluster, ({ rules }) => JSON.stringify(rules)).values()];
  return byRules.map((same) => {
    const clusters = same.map(({ cluster }) => cluster).sort();
    const name = freeName(nameRule('suggested', ...whoseOf(subject), ...(byRules.length > 1 ? clusters : [])), taken);
    const rules = (same[0] as { rules: Rule[] }).rules;
    return {
      object: {
        apiVersion: API_VERSION,
        kind: 'AccessRule',
        metadata: { name },
        spec: { subjects: [subject], clusters, rules },
      },
      more: countMore(
        subject,
        same.flatMap((part) => part.rights),
        people,
        options.roundUp,
      ),
    };
  });
}

/** Issuers' prefixes end in a colon, which no name of an object can hold. */
function whoseOf({ issuer, group, user }: Subject): string[] {
  if (group !== undefined) return ['group', ...group.split(':')];
  return user === undefined ? ['everybody', issuer] : ['user', ...user.split(':')];
}

/** An earlier suggestion that was applied stays in force: this one stands beside it and must not replace it. */
function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = nameRule(name, String(number));
  taken.add(free);
  return free;
}

/** Whether a rule can say it: names and URLs may hold characters that no rule does. */
function canBeRuled({ verb, resource, url }: Right): boolean {
  if (url !== undefined)
    return (
      !url.includes('*') &&
      judgeWord('url', 'nonResourceURLs', url) === undefined &&
      judgeWord('url', 'verbs', verb) === undefined
    );
  if (resource === undefined) return false;
  const { group, resource: word, namespace, name } = resource;
  return (
    (isOptions(verb) || judgeWord('resource', 'verbs', verb) === undefined) &&
    judgeWord('resource', 'apiGroups', group) === undefined &&
    judgeWord('resource', 'resources', word) === undefined &&
    (namespace === '' || judgeWord('resource', 'namespaces', namespace) === undefined) &&
    (name === '' || judgeWord('resource', 'resourceNames', name) === undefined)
  );
}
