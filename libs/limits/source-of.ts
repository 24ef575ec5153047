/**
 * The source that an address belongs to: an IPv4 address itself; of IPv6 the /64, since that is what one subscriber is
 * given and may use up address by address.
 *
 * @param address one that `net.isIP` accepts; anything else is a source of its own.
 * @example sourceOf('2001:db8::17') // '2001:db8:0:0::/64'
 */
export function sourceOf(address: string): string {
  if (!address.includes(':')) return address;
  // An IPv4 client of a dual-stack socket.
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7);
  const [head = '', tail] = (address.toLowerCase().split('%', 1)[0] ?? '').split('::');
  const left = groupsOf(head);
  const right = groupsOf(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}

/** A dotted quad at the end stands for two groups; which ones they are does not matter, they are never among the first four. */
function groupsOf(part: string): string[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}
