export interface Kind {
  readonly plural: string;
  readonly kind: string;
  readonly title: string;
  readonly about: string;
  /** What a new object starts from. */
  readonly template: string;
}

const head = (kind: string): string => `apiVersion: gatehouse.dev/v1alpha1\nkind: ${kind}\nmetadata:\n  name: my-${kind.toLowerCase()}\nspec:\n`;

export const KINDS: readonly Kind[] = [
  {
    plural: 'mappings', kind: 'Mapping', title: 'Mappings', about: 'As whom a cluster sees a person. No mapping, no access.',
    template: `${head('Mapping')}  subjects:\n    - issuer: my-issuer\n      group: developers\n  clusters: [my-cluster]\n  impersonate:\n    user: { from: username }\n    groups:\n      - { from: groups }\n`,
  },
  {
    plural: 'accessrules', kind: 'AccessRule', title: 'Access rules', about: 'What people may do, in the words of Kubernetes RBAC. What no rule allows is denied.',
    template: `${head('AccessRule')}  subjects:\n    - issuer: my-issuer\n      group: developers\n  clusters: [my-cluster]\n  rules:\n    - verbs: [get, list, watch]\n      apiGroups: [""]\n      resources: [pods, pods/log]\n      namespaces: [my-namespace]\n`,
  },
  {
    plural: 'clusters', kind: 'Cluster', title: 'Clusters', about: 'The API servers behind this gateway. Credentials are sealed and never shown again.',
    template: `${head('Cluster')}  server: https://my-cluster.example:6443\n  # base64 of the CA's PEM\n  certificateAuthorityData: ""\n  credential:\n    token: ""\n`,
  },
  {
    plural: 'issuers', kind: 'Issuer', title: 'Issuers', about: 'The identity providers whose tokens this gateway accepts.',
    template: `${head('Issuer')}  issuer:\n    url: https://idp.example\n    audiences: [gatehouse]\n  claimMappings:\n    username: { claim: sub, prefix: "idp:" }\n    groups: { claim: groups, prefix: "idp:" }\n`,
  },
];
