import type { Identity } from '#model';
import type { MappingInput } from '#mapping';
import type { AccessRuleInput } from '#policy';

interface Named<Kind extends string, Spec> {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly spec: Spec;
}

const object = <Kind extends string, Spec>(kind: Kind, name: string, spec: Spec): Named<Kind, Spec> => ({
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind,
  metadata: { name, resourceVersion: '1' },
  spec,
});

/** A team's rule: most give a namespace, some deny, some have names, conditions or paths. */
export function makeRule(at: number): Named<'AccessRule', Omit<AccessRuleInput, 'name'>> {
  const namespace = `team-${at}`;
  return object('AccessRule', `rule-${(at * 7919) % 1_000_003}-${at}`, {
    subjects: [{ issuer: 'demo', group: `group-${at}` }],
    clusters: [at % 5 === 4 ? '*' : 'demo'],
    effect: at % 10 === 9 ? 'Deny' : 'Allow',
    mode: 'Enforce',
    ...(at % 20 === 7 ? { conditions: { sourceAddresses: ['10.0.0.0/8'] } } : {}),
    rules: [
      {
        verbs: ['get', 'list', 'watch'],
        apiGroups: [''],
        resources: ['pods', 'pods/log', 'services', 'configmaps'],
        namespaces: [namespace],
        ...(at % 10 === 9 ? { resourceNames: ['secret-pod'] } : {}),
      },
      {
        verbs: ['get', 'list', 'create', 'update'],
        apiGroups: ['apps'],
        resources: ['deployments'],
        namespaces: [namespace],
      },
      { methods: ['GET'], paths: [`/api/v1/namespaces/${namespace}/services/web/proxy/**`] },
    ],
  });
}

export function makeMapping(at: number): Named<'Mapping', Omit<MappingInput, 'name'>> {
  return object('Mapping', `mapping-${(at * 7919) % 1_000_003}-${at}`, {
    subjects: [{ issuer: 'demo', user: `demo:person-${at}` }],
    clusters: ['demo'],
    impersonate: { user: { from: 'username' } },
  });
}

export interface Asking {
  readonly identity: Identity;
  readonly namespace: string;
  readonly name: string;
}

/** A thousand people of so many teams, each in five groups of which one has a rule for the namespace that is asked about. */
export function makePeople(teams: number): Asking[] {
  return Array.from({ length: 1000 }, (_, at): Asking => {
    const own = (at * 37) % teams;
    const identity = {
      issuer: 'demo',
      issuerUrl: 'https://demo.example',
      subject: `person-${at}`,
      username: `demo:person-${at}`,
      groups: [`group-${own}`, `floor-${at % 7}`, 'everybody', `guild-${at % 31}`, `site-${at % 3}`],
      uid: undefined,
      claims: {},
      authenticatedAtSeconds: undefined,
      acr: undefined,
      credential: { kind: 'bearer', id: `digest-${at}` },
      expiresAtMs: Infinity,
    };
    return { identity: identity as unknown as Identity, namespace: `team-${own}`, name: `pod-${at % 50}` };
  });
}
