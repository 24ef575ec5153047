import { BlockList, isIP } from 'node:net';
import { GatehouseError } from '#errors';
import type { Identity } from '#model';
import type { AccessRuleInput, Conditions } from './access-rule.ts';
import type { DecisionContext } from './decision-context.ts';

/** The conditions of one rule, ready to be judged. */
export interface CompiledConditions {
  readonly addresses: BlockList | undefined;
  /** Unix milliseconds; begins here, ends before there. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly maxAuthenticationAgeSeconds: number;
  readonly acrValues: ReadonlySet<string> | undefined;
  /** What a Deny cannot rule out it denies: an address that nobody knows may be the denied one. */
  readonly meetsUnknownAddress: boolean;
}

/** A provider's clock may be ahead of ours by as much. */
const CLOCK_SKEW_SECONDS = 60;

/**
 * Compiles the conditions of a rule, or undefined where it has none.
 * @throws GatehouseError `invalid` for a malformed one, and for those that would open a Deny by themselves.
 */
export function compileConditions({ name, effect, conditions }: AccessRuleInput): CompiledConditions | undefined {
  if (conditions === undefined || Object.values(conditions).every((value) => value === undefined)) return undefined;
  const invalid = (problem: string): GatehouseError =>
    new GatehouseError('invalid', `access rule ${JSON.stringify(name)}: conditions: ${problem}`);
  const { sourceAddresses, notBefore, notAfter, maxAuthenticationAgeSeconds, acrValues } = conditions;
  if (effect === 'Deny' && (notAfter ?? maxAuthenticationAgeSeconds ?? acrValues) !== undefined)
    throw invalid(
      'a Deny has no notAfter, maxAuthenticationAgeSeconds or acrValues: what it denies would open by itself',
    );
  const [notBeforeMs, notAfterMs] = [readTime(notBefore) ?? -Infinity, readTime(notAfter) ?? Infinity];
  if (Number.isNaN(notBeforeMs) || Number.isNaN(notAfterMs)) throw invalid('a time is not RFC 3339');
  return {
    addresses: sourceAddresses && readAddresses(sourceAddresses, invalid),
    notBeforeMs,
    notAfterMs,
    maxAuthenticationAgeSeconds: maxAuthenticationAgeSeconds ?? Infinity,
    acrValues: acrValues && new Set(acrValues),
    meetsUnknownAddress: effect === 'Deny',
  };
}

const readTime = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time));

function readAddresses(entries: readonly string[], invalid: (problem: string) => GatehouseError): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address);
    if (family === 0) throw invalid(`${JSON.stringify(entry)} is no address or CIDR`);
    const type = family === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, type);
    else list.addSubnet(address, Number(prefix), type);
  }
  return list;
}

/**
 * The first condition that does not hold, or undefined. Those of the authentication come last: where one of them is
 * named all others hold, so that logging in again would do.
 */
export function findFailedCondition(
  conditions: CompiledConditions,
  { authenticatedAtSeconds, acr }: Identity,
  { sourceAddress, nowMs }: DecisionContext,
): keyof Conditions | undefined {
  if (nowMs < conditions.notBeforeMs) return 'notBefore';
  if (nowMs >= conditions.notAfterMs) return 'notAfter';
  if (conditions.addresses !== undefined) {
    const family = isIP(sourceAddress);
    const within =
      family === 0
        ? conditions.meetsUnknownAddress
        : conditions.addresses.check(sourceAddress, family === 6 ? 'ipv6' : 'ipv4');
    if (!within) return 'sourceAddresses';
  }
  if (conditions.maxAuthenticationAgeSeconds !== Infinity) {
    const age = authenticatedAtSeconds === undefined ? NaN : nowMs / 1000 - authenticatedAtSeconds;
    if (!(age <= conditions.maxAuthenticationAgeSeconds && age >= -CLOCK_SKEW_SECONDS))
      return 'maxAuthenticationAgeSeconds';
  }
  if (conditions.acrValues !== undefined && (acr === undefined || !conditions.acrValues.has(acr))) return 'acrValues';
  return undefined;
}

/** Whether logging in again may mend what failed. */
export const isOfAuthentication = (failed: keyof Conditions): boolean =>
  failed === 'maxAuthenticationAgeSeconds' || failed === 'acrValues';
