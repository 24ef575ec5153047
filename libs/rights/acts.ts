import type { PolicyRule } from './rbac-objects.ts';

/** What requests an access rule lets through, in RBAC's words; `namespaces` absent: everywhere. */
export interface Acts {
  readonly namespaces?: readonly string[];
  readonly rule: PolicyRule;
}
