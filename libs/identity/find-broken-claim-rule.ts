import type { CompiledIssuer } from './compile-issuers.ts';

/** The first claim validation rule that these claims do not fulfil, in words, or undefined. An error in one breaks it. */
export function findBrokenClaimRule(
  issuer: CompiledIssuer,
  claims: Readonly<Record<string, unknown>>,
): string | undefined {
  for (const rule of issuer.claimValidationRules ?? []) {
    if (rule.claim === undefined) continue;
    const value = Object.hasOwn(claims, rule.claim) ? claims[rule.claim] : undefined;
    if (value !== rule.requiredValue) return `does not have the value that is required in its claim "${rule.claim}"`;
  }
  for (const { expression, message } of issuer.naming.claimRules) {
    const held = expression.evaluate(claims);
    if (!held.ok || held.value !== true) return `is refused: ${message}`;
  }
  return undefined;
}
