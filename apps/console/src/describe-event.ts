import type { AuditEvent } from './types.ts';

/** What a request was about: `pods/exec web in team-a`, or the path where it was no resource. */
export function describeEvent({ objectRef, requestURI }: AuditEvent): string {
  if (!objectRef?.resource) return requestURI;
  const { resource, subresource, name, namespace } = objectRef;
  return [subresource ? `${resource}/${subresource}` : resource, name, namespace && `in ${namespace}`]
    .filter(Boolean)
    .join(' ');
}

/** One of the gateway's own annotations (`gatehouse.dev/<name>`), or ''. */
export function annotation(event: AuditEvent, name: string): string {
  return event.annotations?.[`gatehouse.dev/${name}`] ?? '';
}
