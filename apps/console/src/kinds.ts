import accessRule from './templates/access-rule.yaml?raw';
import cluster from './templates/cluster.yaml?raw';
import issuer from './templates/issuer.yaml?raw';
import mapping from './templates/mapping.yaml?raw';
import serviceIdentity from './templates/service-identity.yaml?raw';

export interface Kind {
  readonly plural: string;
  readonly kind: string;
  readonly title: string;
  readonly about: string;
  /** The YAML that a new object starts from. */
  readonly template: string;
}

export const KINDS: readonly Kind[] = [
  {
    plural: 'mappings',
    kind: 'Mapping',
    title: 'Mappings',
    about: 'As whom a cluster sees a person. No mapping, no access.',
    template: mapping,
  },
  {
    plural: 'accessrules',
    kind: 'AccessRule',
    title: 'Access rules',
    about: 'What people may do, in the words of Kubernetes RBAC. What no rule allows is denied; Deny wins.',
    template: accessRule,
  },
  {
    plural: 'clusters',
    kind: 'Cluster',
    title: 'Clusters',
    about: 'The API servers behind this gateway. Their credentials are sealed and never shown again.',
    template: cluster,
  },
  {
    plural: 'issuers',
    kind: 'Issuer',
    title: 'Issuers',
    about: 'The identity providers whose people this gateway knows.',
    template: issuer,
  },
  {
    plural: 'serviceidentities',
    kind: 'ServiceIdentity',
    title: 'Service identities',
    about: 'Machines. Each has access tokens, which are made under Access tokens, and no other way in.',
    template: serviceIdentity,
  },
];
