/** The subprotocol by which a browser's WebSocket brings a bearer token (apiserver `authentication/request/websocket`). */
const PREFIX = 'base64url.bearer.authorization.k8s.io.';

export interface WebsocketProtocols {
  readonly hadBearer: boolean;
  readonly bearer: string | undefined;
  /** The other subprotocols, joined with `, `. */
  readonly others: string;
}

const NONE: WebsocketProtocols = { hadBearer: false, bearer: undefined, others: '' };

/**
 * Takes the bearer out of `Sec-WebSocket-Protocol`. Undefined (to be refused) where there are two, where it is not
 * base64url of UTF-8, or where no other protocol stands beside it.
 */
export function readWebsocketProtocols(value: string | undefined): WebsocketProtocols | undefined {
  // Without case: a misspelled prefix is no credential, and yet may not carry a token upstream.
  if (value === undefined || !value.toLowerCase().includes(PREFIX)) return NONE;
  const others: string[] = [];
  let bearer: string | undefined;
  for (const part of value.split(',')) {
    const protocol = part.trim();
    if (protocol === '') continue;
    if (!protocol.toLowerCase().startsWith(PREFIX)) {
      others.push(protocol);
      continue;
    }
    const token = protocol.startsWith(PREFIX) ? decodeToken(protocol.slice(PREFIX.length)) : undefined;
    if (token === undefined || bearer !== undefined) return undefined;
    bearer = token;
  }
  // The server has to answer with a protocol, and that may not be the token.
  return others.length === 0 ? undefined : { hadBearer: true, bearer, others: others.join(', ') };
}

function decodeToken(encoded: string): string | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) return undefined;
  const bytes = Buffer.from(encoded, 'base64url');
  const token = bytes.toString('utf8');
  return token !== '' && Buffer.from(token, 'utf8').equals(bytes) ? token : undefined;
}
