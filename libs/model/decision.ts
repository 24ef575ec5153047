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
  /** `metadata.resourceVersion` of the deciding AccessRule, where there is one and its version is known. */
  readonly ruleVersion: string | undefined;
}

/** What to ask the identity provider for, so that a rule counts (RFC 9470). */
export interface StepUp {
  readonly maxAgeSeconds: number | undefined;
  /** One of them; none asked for where empty. */
  readonly acrValues: readonly string[];
}

export interface AllowedDecision extends DecisionBase {
  readonly allowed: true;
  /** `metadata.name` of the deciding AccessRule. */
  readonly rule: string;
  /** Only a rule that is there to learn from allowed it. */
  readonly learning: boolean;
}

export interface DeniedDecision extends DecisionBase {
  readonly allowed: false;
  /** The AccessRule that denied, or undefined where none allowed (default deny). */
  readonly rule: string | undefined;
  /** It would be allowed after logging in again in this way. */
  readonly stepUp: StepUp | undefined;
}

export type Decision = AllowedDecision | DeniedDecision;
