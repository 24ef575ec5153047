import { readPathRegex } from '#kube';
import { findMisspeltResource } from './known-resources.ts';
import type { AccessRuleSpec } from './kinds.ts';

type Entry = AccessRuleSpec['rules'][number];

const READ = ['get', 'list', 'watch'];
/** As strong as the rights of whatever they lead to. */
const STRONG: Readonly<Record<string, string>> = {
  'nodes/proxy': 'reaches the kubelet, and with it every pod of the node',
  'pods/ephemeralcontainers': 'runs a container of one’s choice beside any pod’s own',
  'serviceaccounts/token': 'makes tokens of service accounts, which act outside this gateway',
  'certificatesigningrequests/approval': 'makes client certificates, which act outside this gateway',
};
const WORKLOADS = [
  'pods',
  'deployments',
  'daemonsets',
  'statefulsets',
  'replicasets',
  'replicationcontrollers',
  'jobs',
  'cronjobs',
];
const RIGHTS = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'];
const RUNS_IN_PODS = ['pods/exec', 'pods/attach', 'pods/ephemeralcontainers'];
const REACHES_PORTS = ['pods/proxy', 'services/proxy'];

/** Where a rule gives more than it seems, or denies less; each beside the entry that it is about. */
export function findRuleWarnings(spec: AccessRuleSpec, nowMs: number): string[] {
  const ofEntries = spec.rules.flatMap((entry, index) => {
    const warnings = [
      ...ofWords(entry),
      ...(spec.effect === 'Deny' ? ofDeny(entry) : ofAllow(entry)),
      ...ofGateway(entry, spec),
    ];
    return warnings.map((warning) => `spec.rules[${index}] ${warning}`);
  });
  return [...ofConditions(spec, nowMs), ...ofEntries];
}

function ofConditions({ effect, conditions }: AccessRuleSpec, nowMs: number): string[] {
  const warnings: string[] = [];
  if (effect === 'Deny' && conditions?.sourceAddresses)
    warnings.push('spec.conditions.sourceAddresses of a Deny is walked around from any other address');
  if (conditions?.notAfter !== undefined && Date.parse(conditions.notAfter) <= nowMs)
    warnings.push('spec.conditions.notAfter is over: the rule allows nothing any more');
  return warnings;
}

const list = (words: readonly string[]): string => words.join(', ').replace(/, ([^,]*)$/, ' and $1');

function ofWords({ resources = [], apiGroups = [] }: Entry): string[] {
  return resources.flatMap((resource) => {
    const meant = findMisspeltResource(resource, apiGroups);
    return meant === undefined
      ? []
      : [`names the resource "${resource}" in an API group that has none of that name; ${meant}`];
  });
}

function ofAllow({
  verbs = [],
  apiGroups = [],
  resources = [],
  resourceNames,
  methods = [],
  paths = [],
  pathRegexes = [],
}: Entry): string[] {
  const gives = (...asked: string[]): boolean =>
    asked.some((verb) => verbs.includes('*') || verbs.includes(verb as never));
  const inGroup = (group: string): boolean => apiGroups.includes('*') || apiGroups.includes(group);
  const warnings: string[] = [];
  const add = (when: boolean, text: string): void => void (when && warnings.push(text));
  const wildcard = resources.includes('*') && inGroup('');
  const held = [
    ...(gives(...READ) ? ['secrets'] : []),
    ...(gives('create') ? ['pods/exec', 'pods/attach', 'pods/portforward', 'serviceaccounts/token'] : []),
    ...(gives('update', 'patch') ? ['pods/ephemeralcontainers'] : []),
  ];
  add(wildcard && !resourceNames && held.length > 0, `allows "*", which holds ${list(held)}`);
  add(
    resources.includes('secrets') && inGroup('') && gives('list', 'watch') && !gives('get'),
    'allows list or watch of secrets: both show what is in them, as get does',
  );
  add(
    (gives('update', 'patch') && !gives('create') && resources.some((resource) => !resource.includes('/'))) ||
      (['PUT', 'PATCH'].some((method) => methods.includes(method as never)) &&
        !methods.includes('POST') &&
        !methods.includes('*')),
    'allows update or patch without create; a PUT and a server-side apply may create too, as far as the API server’s own RBAC lets them',
  );
  const makers = WORKLOADS.filter((resource) => resources.includes(resource));
  add(
    makers.length > 0 && gives('create', 'update', 'patch'),
    `allows making ${list(makers)}: their pods can mount every secret, and run as every service account, of the namespace`,
  );
  const rights = RIGHTS.filter((resource) => resources.includes(resource) && inGroup('rbac.authorization.k8s.io'));
  add(
    rights.length > 0 && gives('create', 'update', 'patch'),
    `allows writing ${list(rights)}: whoever may escalate or bind on the cluster hands out rights there`,
  );
  add(
    verbs.includes('impersonate' as never) ||
      (verbs.includes('*') && ['users', 'groups'].some((word) => resources.includes(word))),
    `allows acting as ${resourceNames ? 'others, with all that they may' : 'anybody, with all that they may; name them in resourceNames'}`,
  );
  for (const [resource, why] of Object.entries(STRONG))
    add(resources.includes(resource), `allows ${resource}, which ${why}`);
  add(
    verbs.includes('proxy' as never) && apiGroups.some((group) => group === '' || group === '*'),
    'names the verb proxy for the core group or for "*"; it is given in groups that are named only, and in the core group as the subresource proxy (services/proxy, pods/proxy)',
  );
  const reached = REACHES_PORTS.filter((resource) => resources.includes(resource));
  add(reached.length > 0 && !resourceNames, `allows ${list(reached)} of every name: every port of each is reached`);
  add(
    !!resourceNames && ['create', 'list', 'watch'].some((verb) => verbs.includes(verb as never)),
    'has resourceNames, which no plain create, list or watch carries; those verbs are not allowed by it',
  );
  const secretPaths = [...paths.filter(holdsSecrets), ...pathRegexes.filter(expressesSecrets)];
  add(
    secretPaths.length > 0 && ['GET', '*'].some((method) => methods.includes(method as never)),
    `allows reading ${list(secretPaths)}, which holds secrets`,
  );
  return warnings;
}

const SECRETS = [
  ['api', 'v1', 'secrets'],
  ['api', 'v1', 'namespaces', '*', 'secrets'],
];

const SECRET_PATHS = ['/api/v1/secrets', '/api/v1/namespaces/any/secrets', '/api/v1/namespaces/any/secrets/any'];

function expressesSecrets(text: string): boolean {
  const regex = readPathRegex(text);
  return typeof regex !== 'string' && !text.includes('secrets') && SECRET_PATHS.some((path) => regex.matches(path));
}

/** Whether a pattern that ends in `**` leads to secrets without saying so. */
function holdsSecrets(path: string): boolean {
  const segments = path.slice(1).split('/');
  if (segments.pop() !== '**') return false;
  return SECRETS.some(
    (target) =>
      segments.length < target.length &&
      segments.every((segment, i) => segment === '*' || segment === '**' || target[i] === '*' || segment === target[i]),
  );
}

function ofDeny(entry: Entry): string[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames, paths = [], pathRegexes = [] } = entry;
  const warnings: string[] = [];
  const named = READ.filter((verb) => verbs.includes(verb as never));
  if (resources.length > 0 && named.length > 0 && named.length < READ.length && !verbs.includes('*'))
    warnings.push(
      `denies ${list(named)} only; the same can still be read by ${list(READ.filter((verb) => !named.includes(verb)))}`,
    );
  const bothEvents = apiGroups.includes('*') || (apiGroups.includes('') && apiGroups.includes('events.k8s.io'));
  if (resources.includes('events') && !bothEvents)
    warnings.push('denies events in one of their two API groups; name both "" and "events.k8s.io"');
  const left = RUNS_IN_PODS.filter((resource) => !resources.includes(resource));
  if (left.length > 0 && left.length < RUNS_IN_PODS.length && !resources.includes('*'))
    warnings.push(
      `denies one way into pods; ${list([...left, ...(resources.includes('nodes/proxy') ? [] : ['nodes/proxy'])])} may still lead there`,
    );
  if (resourceNames)
    warnings.push('has resourceNames and also denies list, watch and create, of which the name is unknown');
  if (pathRegexes.length > 0 || paths.some((path) => /^\/apis?\//.test(path)))
    warnings.push(
      'denies paths; the same objects may be reached by others (API versions, all namespaces): deny resources',
    );
  return warnings;
}

function ofGateway(
  { verbs = [], apiGroups = [], resources = [] }: Entry,
  { clusters, effect }: AccessRuleSpec,
): string[] {
  const warnings: string[] = [];
  if (apiGroups.includes('gatehouse.dev') && !clusters.includes('gatehouse'))
    warnings.push('names gatehouse.dev, but spec.clusters does not name gatehouse (no wildcard reaches it)');
  const writes =
    resources.some((resource) => ['*', 'mappings', 'accessrules', 'issuers'].includes(resource)) &&
    verbs.some((verb) => ['*', 'create', 'update', 'patch', 'delete'].includes(verb));
  if (effect === 'Allow' && clusters.includes('gatehouse') && writes)
    warnings.push('allows writing mappings or access rules: that is full admin');
  return warnings;
}
