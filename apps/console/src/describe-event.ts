import type { AuditEvent } from './types.ts';

/** What a request was about: `team-a/pods/exec web`, or the path where it was no resource. */
export function describeEvent({ objectRef, requestURI }: AuditEvent): string {
  if (!objectRef?.resource) return requestURI;
  const { resource, subresource, name, namespace } = objectRef;
  const where = [namespace, resource, subresource].filter(Boolean).join('/');
  return name ? `${where} ${name}` : where;
}

/** One of the gateway's own annotations (`gatehouse.dev/<name>`), or ''. */
export function annotation(event: AuditEvent, name: string): string {
  return event.annotations?.[`gatehouse.dev/${name}`] ?? '';
}
