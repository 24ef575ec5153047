import type { KnownKind } from '#advice';

/** What a command says of the objects that it expects. */
export interface Hints {
  /** Names of containers. */
  readonly containers: readonly string[];
  /** `rollout resume` and `uncordon` want the opposite of what is usual. */
  readonly undo: boolean;
}

export function readHints(args: readonly string[]): Hints {
  const containers = args.flatMap((arg, at) => {
    const flag = /^(?:-c=?|--container=)(.+)$/.exec(arg);
    if (flag) return [flag[1] as string];
    if (arg === '-c' || arg === '--container') return args[at + 1] ?? [];
    const image = args[0] === 'set' ? /^([a-z0-9-]+)=/.exec(arg) : null;
    return image ? [image[1] as string] : [];
  });
  return { containers: [...containers, 'a-container'], undo: args.includes('resume') || args.includes('uncordon') };
}

const LABELS = { app: 'of-the-command' };

/** As much of an object as kubectl wants to see before it goes on: enough of a pod to exec into, of a Deployment to scale. */
export function fakeObject(
  of: KnownKind,
  namespace: string,
  name: string,
  hints: Hints,
): Readonly<Record<string, unknown>> {
  const { group, version, kind, namespaced } = of;
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    metadata: {
      name,
      ...(namespaced ? { namespace: namespace || 'default' } : {}),
      uid: '00000000-0000-7000-8000-000000000000',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: LABELS,
    },
    ...bodyOf(kind, hints),
  };
}

function bodyOf(kind: string, { containers, undo }: Hints): object {
  const podSpec = {
    nodeName: 'a-node',
    securityContext: {},
    containers: containers.map((name) => ({ name, image: 'an-image', ports: [{ containerPort: 8080 }] })),
  };
  const template = { metadata: { labels: LABELS }, spec: podSpec };
  const workload = { replicas: 1, selector: { matchLabels: LABELS }, template };
  switch (kind) {
    case 'Pod':
      return {
        spec: podSpec,
        status: {
          phase: 'Running',
          podIP: '192.0.2.1',
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: containers.map((name) => ({
            name,
            ready: true,
            restartCount: 0,
            state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
          })),
        },
      };
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'DaemonSet':
      return {
        spec: { ...workload, ...(undo ? { paused: true } : {}) },
        status: { observedGeneration: 1, replicas: 1, readyReplicas: 1 },
      };
    case 'ReplicationController':
      return { spec: { ...workload, selector: LABELS }, status: { replicas: 1 } };
    case 'Job':
      return { spec: workload, status: {} };
    case 'CronJob':
      return { spec: { schedule: '* * * * *', jobTemplate: { spec: workload } }, status: {} };
    case 'Service':
      return {
        spec: {
          clusterIP: '192.0.2.2',
          selector: LABELS,
          ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
        },
      };
    case 'Node':
      return { spec: undo ? { unschedulable: true } : {}, status: { addresses: [], conditions: [], nodeInfo: {} } };
    case 'Namespace':
      return { spec: {}, status: { phase: 'Active' } };
    case 'CertificateSigningRequest':
      return { spec: { request: '', signerName: 'example.com/any' }, status: {} };
    default:
      return {};
  }
}
