import type { ClusterHealth, GatewayObject, Subject } from './types.ts';

interface Rule {
  verbs?: string[];
  resources?: string[];
  resourceNames?: string[];
  namespaces?: string[];
  nonResourceURLs?: string[];
  methods?: string[];
  paths?: string[];
  pathRegexes?: string[];
}

interface Conditions {
  sourceAddresses?: string[];
  notBefore?: string;
  notAfter?: string;
  maxAuthenticationAgeSeconds?: number;
  acrValues?: string[];
}

interface Spec {
  learning?: boolean;
  conditions?: Conditions;
  subjects?: Subject[];
  clusters?: string[];
  effect?: string;
  mode?: string;
  rules?: Rule[];
  impersonate?: { user?: object };
  storedToken?: object;
  serviceAccount?: { namespace?: string; name?: string };
  server?: string;
  default?: boolean;
  disabled?: boolean;
  credential?: { type?: string };
  issuer?: { url?: string; audiences?: string[] };
  login?: object;
  description?: string;
  groups?: string[];
}

const join = (list: readonly string[] | undefined): string => (list ?? []).map((word) => word || '""').join(', ');

function describeWay({ storedToken, serviceAccount }: Spec): string {
  if (storedToken) return 'by their own stored token';
  return serviceAccount
    ? `by the service account ${serviceAccount.namespace ?? ''}/${serviceAccount.name ?? ''}`
    : 'by impersonation';
}

/** A few lines that tell objects of a kind apart: whom it is about, and what it gives. */
export function summarizeObject(object: GatewayObject): string[] {
  const spec = (object.spec ?? {}) as Spec;
  const who = spec.subjects ? [`${spec.subjects.map(nameSubject).join('; ')} on ${join(spec.clusters)}`] : [];
  switch (object.kind) {
    case 'Mapping':
      return [...who, describeWay(spec)];
    case 'AccessRule': {
      const act = `${spec.effect === 'Deny' ? 'denies' : 'allows'}${spec.mode === 'Report' ? ' (report only)' : ''}`;
      const when = describeConditions(spec.conditions ?? {});
      return [
        ...who,
        ...(spec.rules ?? []).map((rule) => `${act} ${describeRule(rule)}`),
        ...(when === '' ? [] : [`only ${when}`]),
        ...(spec.learning ? ['for learning: decides what no other rule does'] : []),
      ];
    }
    case 'Cluster':
      return [
        `${spec.server ?? 'the pod’s own API server'}${spec.default ? ' (default)' : ''}`,
        `credential: ${spec.credential?.type ?? 'none'}`,
        ...(spec.disabled ? ['disabled: nobody can use it'] : describeHealth(object.status?.health)),
      ];
    case 'Issuer':
      return [spec.issuer?.url ?? '', `for ${join(spec.issuer?.audiences)}${spec.login ? '' : '; bearer tokens only'}`];
    case 'ServiceIdentity':
      return [
        ...(spec.description ? [spec.description] : []),
        ...(spec.groups?.length ? [`groups: ${join(spec.groups.map((group) => `gatehouse:${group}`))}`] : []),
      ];
    default:
      return who;
  }
}

function describeHealth(health: ClusterHealth | undefined): string[] {
  if (!health) return [];
  const facts = [
    health.version,
    health.certificateExpiresAt && `certificate until ${health.certificateExpiresAt}`,
    health.credentialExpiresAt && `credential until ${health.credentialExpiresAt}`,
    health.impersonation && `may impersonate ${health.impersonation}`,
  ].filter(Boolean);
  return [
    `${health.reachable ? 'reachable' : 'not reachable'}${facts.length > 0 ? `: ${facts.join(', ')}` : ''}`,
  ].concat((health.problems ?? []).map((problem) => `! ${problem}`));
}

/** Issuer and name together, since equal names of two issuers are two people. */
function nameSubject({ issuer = '', user, group, expression }: Subject): string {
  const names = [user && `user ${user}`, group && `group ${group}`].filter(Boolean);
  const condition = expression ? ` where ${expression}` : '';
  return `${names.length > 0 ? names.join(' in ') : 'everybody'} (${issuer})${condition}`;
}

function describeConditions(conditions: Conditions): string {
  const { sourceAddresses, notBefore, notAfter, maxAuthenticationAgeSeconds, acrValues } = conditions;
  return [
    sourceAddresses && `from ${join(sourceAddresses)}`,
    notBefore && `after ${notBefore}`,
    notAfter && `until ${notAfter}`,
    maxAuthenticationAgeSeconds && `within ${maxAuthenticationAgeSeconds} s of logging in`,
    acrValues && `with acr ${join(acrValues)}`,
  ]
    .filter(Boolean)
    .join(', ');
}

function describeRule(rule: Rule): string {
  const paths = [...(rule.paths ?? []), ...(rule.pathRegexes ?? [])];
  if (paths.length > 0) return `${join(rule.methods)} ${join(paths)}`;
  if (rule.nonResourceURLs) return `${join(rule.verbs)} ${join(rule.nonResourceURLs)}`;
  const names = rule.resourceNames ? ` named ${join(rule.resourceNames)}` : '';
  const where = rule.namespaces ? ` in ${join(rule.namespaces)}` : '';
  return `${join(rule.verbs)} ${join(rule.resources)}${names}${where}`;
}
