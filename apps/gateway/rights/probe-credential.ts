import {
  askOwnRights,
  askWhoIsTheGateway,
  detectConstrainedImpersonation,
  mayI,
  type AccessQuestion,
  type ClusterConnection,
  type OwnCallPorts,
} from '#clusters';
import { runInSlices } from '#pipeline';
import type { ResourceObject } from '#resources';
import {
  covers,
  describeJudged,
  judgeRights,
  neededRightsInSteps,
  TELLING_RIGHTS,
  type HeldRights,
  type JudgedRule,
  type NeededRights,
  type PolicyRule,
} from '#rights';

/** How the rights of a cluster's credential compare with what today's mappings and access rules need. */
export interface RightsReport {
  /** RFC 3339. */
  readonly checkedAt: string;
  readonly user?: string;
  readonly impersonation?: 'constrained' | 'legacy';
  /** One right a line. */
  readonly missing: readonly string[];
  readonly excess: readonly string[];
  /** Why it could not be found out. */
  readonly problem?: string;
}

/** Roles may be bound in any namespace; these are looked at beside those that need something. */
const ALSO = ['default', 'kube-system'];
const MAX_NAMESPACES = 50;
const MAX_QUESTIONS = 100;
const MAX_LINES = 50;

/** @throws GatehouseError where the cluster cannot be asked. */
export async function probeCredential(
  objects: readonly ResourceObject[],
  cluster: ClusterConnection,
  ports: OwnCallPorts,
): Promise<RightsReport> {
  const { user, groups } = await askWhoIsTheGateway(cluster, ports);
  const constrained = await detectConstrainedImpersonation(cluster, ports);
  const options = { cluster: cluster.name, constrained, accessReviews: false };
  const needed = await runInSlices(neededRightsInSteps(objects, options));
  const held = new Map<string, readonly PolicyRule[]>();
  let incomplete = false;
  for (const namespace of [...new Set([...ALSO, ...needed.inNamespaces.keys()])].slice(0, MAX_NAMESPACES)) {
    const rights = await askOwnRights(cluster, namespace, ports);
    held.set(namespace, rights.rules);
    incomplete ||= rights.incomplete;
  }
  const judged = judgeRights(needed, held);
  const ask = async (rule: JudgedRule): Promise<boolean> => await isHeld(rule, cluster, ports);
  const missing = incomplete
    ? await filterAsync(judged.missing.slice(0, MAX_QUESTIONS), async (rule) => !(await ask(rule)))
    : judged.missing;
  const told = incomplete ? await filterAsync(surprises(needed, held), ask) : [];
  return {
    checkedAt: new Date(ports.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
    user,
    impersonation: constrained ? 'constrained' : 'legacy',
    missing: lines(missing),
    excess: [
      ...(groups.includes('system:masters') ? ['everything: it is in system:masters, whom no RBAC limits'] : []),
      ...lines([...judged.excess, ...told]),
    ],
  };
}

/** What would be more than is needed, and is not known from the rules. */
function surprises(needed: NeededRights, held: HeldRights): JudgedRule[] {
  const known = [...needed.everywhere, ...[...held.values()].flat()];
  return TELLING_RIGHTS.filter((rule) => !known.some((other) => covers(other, rule))).map((rule) => ({
    rule,
    namespaces: [],
    everywhere: true,
  }));
}

/** Whether it is held after all, by another authorizer than RBAC; every piece of it. */
async function isHeld(
  { rule, namespaces, everywhere }: JudgedRule,
  cluster: ClusterConnection,
  ports: OwnCallPorts,
): Promise<boolean> {
  for (const namespace of everywhere ? [undefined] : namespaces)
    for (const question of questionsOf(rule, namespace)) if (!(await mayI(cluster, question, ports))) return false;
  return true;
}

function questionsOf(rule: PolicyRule, namespace: string | undefined): AccessQuestion[] {
  if (rule.nonResourceURLs)
    return rule.verbs.flatMap((verb) => (rule.nonResourceURLs ?? []).map((path) => ({ verb, path })));
  return rule.verbs.flatMap((verb) =>
    (rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).flatMap((words) => {
        const [resource = '', ...subresource] = words.split('/');
        const question = {
          verb,
          group,
          resource,
          ...(subresource.length > 0 ? { subresource: subresource.join('/') } : {}),
          ...(namespace === undefined ? {} : { namespace }),
        };
        const names = rule.resourceNames ?? [];
        return names.length > 0 ? names.map((name) => ({ ...question, name })) : [question];
      }),
    ),
  );
}

async function filterAsync<T>(list: readonly T[], keep: (entry: T) => Promise<boolean>): Promise<T[]> {
  const kept: T[] = [];
  for (const entry of list) if (await keep(entry)) kept.push(entry);
  return kept;
}

function lines(rules: readonly JudgedRule[]): string[] {
  const shown = rules.slice(0, MAX_LINES).map(describeJudged);
  return rules.length > MAX_LINES ? [...shown, `and ${rules.length - MAX_LINES} more`] : shown;
}
