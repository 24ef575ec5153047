/** Prefix of every cookie that the gateway sets. Compared without case: browsers do so with `__Host-`. */
const OURS = '__host-gatehouse';

/** A `Cookie` value without the gateway's own cookies; others stay byte for byte. Undefined where none is left. */
export function withoutGatewayCookies(value: string): string | undefined {
  if (!value.toLowerCase().includes(OURS)) return value;
  const kept = value.split(';').filter((pair) => !pair.trimStart().toLowerCase().startsWith(OURS));
  const left = kept.join(';').trim();
  return left === '' ? undefined : left;
}
