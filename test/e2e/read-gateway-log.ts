import { expect } from 'vitest';
import { send } from './send-request.ts';
import type { GatewayView } from './world.ts';

/** An AuditEvent of the gateway; the API server's own events have the same shape. */
export interface Event {
  readonly auditID: string;
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { username?: string; groups?: string[] };
  readonly impersonatedUser?: { username?: string; groups?: string[] };
  readonly sourceIPs?: string[];
  readonly userAgent?: string;
  readonly objectRef?: { resource?: string; namespace?: string; name?: string; subresource?: string };
  readonly responseStatus?: { code?: number };
  readonly annotations: Record<string, string>;
}

export const AUDIT_EVENTS = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/auditevents';

/** The whole log of a gateway, as an auditor reads it. */
export async function readGatewayLog(gateway: GatewayView, query = ''): Promise<Event[]> {
  const events: Event[] = [];
  let next: string | undefined;
  do {
    const answer = await send(
      gateway,
      `${AUDIT_EVENTS}?limit=1000${query}${next ? `&continue=${encodeURIComponent(next)}` : ''}`,
      { token: gateway.people.carol.idToken },
    );
    expect(answer.status).toBe(200);
    const list = JSON.parse(answer.body) as { metadata: { continue?: string }; items: Event[] };
    events.push(...list.items);
    next = list.metadata.continue;
  } while (next);
  return events;
}

/** The annotation `gatehouse.dev/<name>`, '' where there is none. */
export const note = (event: Event, name: string): string => event.annotations[`gatehouse.dev/${name}`] ?? '';
