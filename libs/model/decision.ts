import type { RequestInfo } from './request-info.ts';

declare const mintedByPolicy: unique symbol;

interface DecisionBase {
  readonly [mintedByPolicy]: true;
  readonly cluster: string;
  /** The very object that was judged: forward sends its target and nothing else. */
  readonly request: RequestInfo;
  /** One sentence for people: which rule, or that none allows it and whom to ask. Goes into Status and audit. */
  readonly reason: string;
  /** Names of rules in mode Report that would have decided, with what they would have said. */
  readonly reported: readonly { readonly rule: string; readonly effect: 'Allow' | 'Deny' }[];
}

export interface AllowedDecision extends DecisionBase {
  readonly allowed: true;
  /** `metadata.name` of the deciding AccessRule. */
  readonly rule: string;
}

export interface DeniedDecision extends DecisionBase {
  readonly allowed: false;
  /** The AccessRule that denied, or undefined where none allowed (default deny). */
  readonly rule: string | undefined;
}

export type Decision = AllowedDecision | DeniedDecision;
