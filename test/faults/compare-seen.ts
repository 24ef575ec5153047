/** What a client of the gateway's own HTTP/1.1 code sees, beside what one of Node's server and undici sees. */
import type { FuzzCase } from './fuzz-cases.ts';
import type { ReadResponse } from './read-responses.ts';

/** Made anew for each response, or naming what stays open: `Connection` is the listener's own. */
const OF_EACH = new Set(['date', 'audit-id', 'connection', 'keep-alive']);

interface AllowedDifference {
  readonly why: string;
  readonly holds: (fuzzCase: FuzzCase, own: ReadResponse, node: ReadResponse) => boolean;
}

const isRefused = ({ state, status }: ReadResponse): boolean => state === 'complete' && status === 502;

/** Reviewed one by one; each says why the two need not agree. */
const ALLOWED: readonly AllowedDifference[] = [
  {
    why: 'the own reader is stricter: what is odd is a 502, where undici takes it',
    holds: ({ kind }, own) => kind === 'odd' && isRefused(own),
  },
  {
    why: 'the own reader is stricter: an odd body is cut, where undici takes it as whole',
    holds: ({ kind }, own, node) => kind === 'odd' && own.state === 'cut' && own.status === node.status,
  },
  {
    why: 'undici takes no 100 (Continue), which RFC 9110 section 15.2 lets a server send; the own reader passes over it',
    holds: ({ kind, what }, _own, node) => kind === 'odd' && /\b100 |status 100/.test(what) && isRefused(node),
  },
  {
    why: 'Proxy-Connection means nothing (RFC 9112 appendix C.2.2); Node’s parser ends the connection behind a 103 that has it',
    holds: ({ kind, what }, _own, node) => kind === 'odd' && /103.*Proxy-Connection/.test(what) && isRefused(node),
  },
  {
    why: 'the own reader looks at a head when all of it is there, and so finds that it never comes by its deadline',
    holds: ({ kind, ending }, own, node) =>
      kind === 'odd' && ending === 'keep' && own.status === 504 && isRefused(node),
  },
  {
    why: 'a reset that overtakes the bytes before it looks like a connection that the server had given up: a GET or HEAD is sent again, which of the two meets it is chance',
    holds: ({ ending, body }, own, node) => {
      const whole = isBroken(own) ? node : own;
      return (
        ending === 'reset' && isBroken(own) !== isBroken(node) && whole.status === 200 && !whole.body.includes(body)
      );
    },
  },
];

/** @returns what differs and may not; undefined where nothing does. */
export function compareSeen(fuzzCase: FuzzCase, own: ReadResponse, node: ReadResponse): string | undefined {
  // When a client leaves, or a connection is reset, is a matter of time.
  if (fuzzCase.client !== 'stays' && fuzzCase.client !== 'slow') return undefined;
  if (ALLOWED.some(({ holds }) => holds(fuzzCase, own, node))) return undefined;
  const timed = fuzzCase.ending === 'reset';
  const stateOf = ({ state }: ReadResponse): string => (timed && (state === 'none' || state === 'cut') ? 'cut' : state);
  if (stateOf(own) !== stateOf(node))
    return timed && isBroken(own) && isBroken(node)
      ? undefined
      : `${own.state} ${own.status} and ${node.state} ${node.status}`;
  if (timed && own.state !== 'complete') return undefined;
  if (own.status !== node.status)
    return timed && isBroken(own) && isBroken(node) ? undefined : `status ${own.status} and ${node.status}`;
  if (own.reason !== node.reason) return `reason ${own.reason} and ${node.reason}`;
  const [ownHeaders, nodeHeaders] = [headersOf(own), headersOf(node)];
  if (ownHeaders !== nodeHeaders) return `headers ${ownHeaders} and ${nodeHeaders}`;
  if (own.state === 'complete' && !own.body.equals(node.body))
    return `${own.body.length} and ${node.body.length} bytes, or others`;
  return undefined;
}

const isBroken = (seen: ReadResponse): boolean => isRefused(seen) || seen.state === 'cut' || seen.state === 'none';

const headersOf = ({ rawHeaders }: ReadResponse): string =>
  rawHeaders
    .flatMap((name, index) =>
      index % 2 === 0 && !OF_EACH.has(name.toLowerCase())
        ? [`${name.toLowerCase()}: ${rawHeaders[index + 1]}`.slice(0, 60)]
        : [],
    )
    .toSorted()
    .join(' | ');
