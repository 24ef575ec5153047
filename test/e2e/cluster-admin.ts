import { expect } from 'vitest';
import { kubectl, type KubectlRun } from './run-kubectl.ts';
import { world } from './world.ts';

/** kubectl as the cluster's admin, past the gateway. */
export async function admin(args: readonly string[], input?: string): Promise<KubectlRun> {
  const run = await kubectl(world().adminKubeconfig, args, input === undefined ? {} : { input });
  expect(run.code, run.stderr).toBe(0);
  return run;
}

/** Lets this user become anybody of these kinds, by a ClusterRole and its binding of the user's name. */
export async function letImpersonate(user: string, resources: 'users' | 'users,groups'): Promise<void> {
  await admin(['create', 'clusterrole', user, '--verb=impersonate', `--resource=${resources}`]);
  await admin(['create', 'clusterrolebinding', user, `--clusterrole=${user}`, `--user=${user}`]);
}
