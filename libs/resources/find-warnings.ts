import type { AccessRuleSpec, ClusterSpec, IssuerSpec, MappingSpec } from './kinds.ts';
import type { ResourceObject } from './resource-object.ts';

const READ = ['get', 'list', 'watch'];
/** As strong as the rights of whatever they lead to. */
const STRONG: Readonly<Record<string, string>> = {
  'nodes/proxy': 'reaches the kubelet, and with it every pod of the node',
  'pods/ephemeralcontainers': 'runs a container of one’s choice beside any pod’s own',
  'serviceaccounts/token': 'makes tokens of service accounts, which act outside this gateway',
};

/** What is valid and may yet not be what was meant. */
export function findWarnings(object: ResourceObject): string[] {
  switch (object.kind) {
    case 'Cluster':
      return ofCluster(object.spec as ClusterSpec);
    case 'Issuer':
      return ofIssuer(object.spec as IssuerSpec);
    case 'Mapping':
      return ofMapping(object.spec as MappingSpec);
    case 'AccessRule':
      return ofAccessRule(object.spec as AccessRuleSpec);
    default:
      return [];
  }
}

function ofCluster({ credential, certificateAuthorityData }: ClusterSpec): string[] {
  const warnings: string[] = [];
  if (!credential) warnings.push('spec.credential is absent: only mappings with storedToken can use this cluster');
  else if (credential.type !== undefined && credential.type !== 'inCluster')
    warnings.push(
      `spec.credential only names its type: the stored ${credential.type} is kept if there is one and server and CA are unchanged`,
    );
  if (!certificateAuthorityData && !credential?.inCluster && credential?.type !== 'inCluster')
    warnings.push(
      'spec.certificateAuthorityData is absent: the server’s certificate is checked against the system’s roots',
    );
  return warnings;
}

function ofIssuer({ issuer, claimMappings, login }: IssuerSpec): string[] {
  const warnings: string[] = [];
  if (claimMappings.username.prefix === '')
    warnings.push(
      'spec.claimMappings.username.prefix is empty: people may get the names of people of another issuer, or of the cluster itself',
    );
  if (claimMappings.groups?.prefix === '')
    warnings.push(
      'spec.claimMappings.groups.prefix is empty: groups may get the names of groups of another issuer, or of the cluster itself',
    );
  if (login && !issuer.audiences.includes(login.clientID))
    warnings.push(
      'spec.issuer.audiences does not hold spec.login.clientID: ID tokens of the login client are no bearers here',
    );
  return warnings;
}

function ofMapping({ impersonate, serviceAccount }: MappingSpec): string[] {
  if (serviceAccount?.namespace === 'kube-system')
    return ['spec.serviceAccount is one of kube-system, where accounts may do what the cluster itself does'];
  const literals = [impersonate?.user, ...(impersonate?.groups ?? [])].map((source) => source?.value ?? '');
  return literals.includes('system:masters') ? ['spec.impersonate names system:masters, whom no RBAC limits'] : [];
}

function ofAccessRule({ clusters, effect, rules }: AccessRuleSpec): string[] {
  return rules.flatMap(({ verbs = [], apiGroups = [], resources = [], resourceNames }, index) => {
    const at = `spec.rules[${index}]`;
    const warnings: string[] = [];
    const named = READ.filter((verb) => verbs.includes(verb as never));
    if (
      effect === 'Deny' &&
      resources.length > 0 &&
      named.length > 0 &&
      named.length < READ.length &&
      !verbs.includes('*')
    ) {
      warnings.push(
        `${at} denies ${named.join(' and ')} only; the same can still be read by ${READ.filter((verb) => !named.includes(verb)).join(' and ')}`,
      );
    }
    if (
      effect === 'Deny' &&
      resources.includes('events') &&
      !apiGroups.includes('*') &&
      !(apiGroups.includes('') && apiGroups.includes('events.k8s.io'))
    ) {
      warnings.push(`${at} denies events in one of their two API groups; name both "" and "events.k8s.io"`);
    }
    if (effect === 'Allow')
      for (const [resource, why] of Object.entries(STRONG))
        if (resources.includes(resource)) warnings.push(`${at} allows ${resource}, which ${why}`);
    if (
      effect === 'Allow' &&
      resourceNames &&
      verbs.some((verb) => verb === 'create' || verb === 'list' || verb === 'watch')
    ) {
      warnings.push(
        `${at} has resourceNames, which no plain create, list or watch carries; those verbs are not allowed by it`,
      );
    }
    if (apiGroups.includes('gatehouse.dev') && !clusters.includes('gatehouse'))
      warnings.push(`${at} names gatehouse.dev, but spec.clusters does not name gatehouse (no wildcard reaches it)`);
    if (effect === 'Allow' && clusters.includes('gatehouse') && writesRules(verbs, resources))
      warnings.push(`${at} allows writing mappings or access rules: that is full admin`);
    return warnings;
  });
}

function writesRules(verbs: readonly string[], resources: readonly string[]): boolean {
  return (
    resources.some((resource) => ['*', 'mappings', 'accessrules', 'issuers'].includes(resource)) &&
    verbs.some((verb) => ['*', 'create', 'update', 'patch', 'delete'].includes(verb))
  );
}
