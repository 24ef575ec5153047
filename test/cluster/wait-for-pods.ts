import type { ApiClient } from './call-api.ts';
import { waitUntil, type RunningPart } from './run-part.ts';

/** Waits until the page of `web` answers by the service proxy in each namespace: then everything behind it works too. */
export async function waitForPods(
  api: ApiClient,
  namespaces: readonly string[],
  parts: readonly RunningPart[],
): Promise<void> {
  for (const namespace of namespaces) {
    await waitUntil(`service web of ${namespace}`, 90, parts, async () => {
      const answer = await api.call('GET', `/api/v1/namespaces/${namespace}/services/web/proxy/`);
      if (answer.status === 200) return true;
      throw new Error(`the service proxy answered ${answer.status}: ${answer.body}`);
    });
  }
  await waitUntil('clusterrole admin', 60, parts, async () => {
    // Filled by a controller; until then `admin` allows nothing.
    const role = await api.read<{ rules?: unknown[] | null }>(
      'GET',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/admin',
    );
    return (role.rules?.length ?? 0) > 0;
  });
  await waitUntil('policy schedule', 60, parts, async () => {
    // Policies come into force about a second after they are written.
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'probe' },
      spec: { containers: [{ name: 'probe', image: 'example.invalid/probe:1' }] },
    };
    const path = '/api/v1/namespaces/team-a/pods?dryRun=All';
    const made = await api.read<{ spec: { nodeName?: string } }>('POST', path, JSON.stringify(pod));
    return made.spec.nodeName !== undefined;
  });
}
