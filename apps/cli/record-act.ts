import { userInfo } from 'node:os';
import { uuidV7 } from '#pipeline';
import type { Store } from '#store';

/** A change made by this command. */
export interface Act {
  readonly verb: string;
  readonly resource: string;
  readonly name: string;
  readonly reason: string;
}

/**
 * Who changes the gateway's objects on its own machine passes no access rule, but leaves a record like everybody else:
 * the user is the account of the operating system, behind `cli:`, which no issuer's person has.
 */
export async function recordAct(store: Store, act: Act, nowMs: number): Promise<void> {
  const username = `cli:${accountName()}`;
  await store.audit.append([
    {
      auditId: uuidV7(nowMs),
      stage: 'ResponseComplete',
      receivedAtMs: nowMs,
      completedAtMs: nowMs,
      durationMs: 0,
      sourceAddress: '',
      userAgent: 'bin/gatehouse',
      method: '',
      requestUri: '',
      verb: act.verb,
      cluster: 'gatehouse',
      apiGroup: 'gatehouse.dev',
      apiVersion: 'v1alpha1',
      resource: act.resource,
      subresource: '',
      namespace: '',
      name: act.name,
      username,
      issuer: '',
      subject: '',
      groups: [],
      credentialKind: '',
      credentialId: '',
      mapping: '',
      mappedUser: '',
      mappedGroups: [],
      decision: 'allow',
      rule: '',
      reason: act.reason,
      statusCode: 200,
      bytesIn: 0,
      bytesOut: 0,
      upstreamRequests: 0,
      revision: 0,
      servedBy: '',
      annotations: {},
    },
  ]);
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // No entry for this uid, as is usual in containers.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
