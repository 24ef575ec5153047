/** A request that a command makes, or may make. */
export interface CommandRequest {
  readonly method: string;
  readonly target: string;
  readonly upgrade: boolean;
  /** When it is made; '' for always. */
  readonly when: '' | 'where it is there already' | 'where it is not there yet' | 'where the one before is refused';
}

type Sent = Omit<CommandRequest, 'when'>;

/** What clients ask before anything else, to learn what there is. */
export function isDiscovery({ method, target }: Pick<Sent, 'method' | 'target'>): boolean {
  const [path = ''] = target.split('?');
  return (
    method === 'GET' &&
    /^\/(?:api(?:\/[^/]+)?|apis(?:\/[^/]+(?:\/[^/]+)?)?|openapi\/v[23](?:\/.*)?|version)$/.test(path)
  );
}

/**
 * The requests of a command, each once: those that it always makes, then what it makes of objects that are there, or are
 * not there yet. kubectl tries a stream by WebSocket and, where that is refused, by SPDY.
 */
export function commandRequests(whereThere: readonly Sent[], whereNot: readonly Sent[] = whereThere): CommandRequest[] {
  const there = distinct(whereThere);
  const not = distinct(whereNot);
  const has = (list: readonly Sent[], sent: Sent): boolean => list.some((other) => keyOf(other) === keyOf(sent));
  return [
    ...there.filter((sent) => has(not, sent)).map((sent) => ({ ...sent, when: fallback(sent, there) })),
    ...there.filter((sent) => !has(not, sent)).map((sent) => ({ ...sent, when: 'where it is there already' as const })),
    ...not.filter((sent) => !has(there, sent)).map((sent) => ({ ...sent, when: 'where it is not there yet' as const })),
  ];
}

const keyOf = ({ method, target, upgrade }: Sent): string => `${method} ${target} ${upgrade}`;
const distinct = (list: readonly Sent[]): Sent[] => [...new Map(list.map((sent) => [keyOf(sent), sent])).values()];

function fallback(sent: Sent, all: readonly Sent[]): CommandRequest['when'] {
  const second =
    sent.upgrade &&
    sent.method === 'POST' &&
    all.some((other) => other.method === 'GET' && other.target === sent.target);
  return second ? 'where the one before is refused' : '';
}
