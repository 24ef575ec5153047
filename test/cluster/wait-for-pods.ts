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
}
