import { request } from 'node:https';
import { guardConnect } from '#outbound';

/** GETs one JSON document, trusting this PEM (the system's roots where undefined). Throws for anything but a document. */
export type FetchJson = (
  url: string,
  certificateAuthority: string | undefined,
  options?: FetchJsonOptions,
) => Promise<unknown>;

export interface FetchJsonOptions {
  readonly timeoutMs?: number;
  /** May it be on this machine? Default: no. */
  readonly allowLoopback?: boolean;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;

/**
 * GETs a JSON document over verified TLS: no redirects, 1 MiB at most, whole within `timeoutMs`, and only from an address
 * that the gateway may connect to.
 * @param certificateAuthority PEM; the system's roots where undefined.
 * @throws Error for anything but a 200 with JSON.
 */
export function fetchJson(
  url: string,
  certificateAuthority: string | undefined,
  { timeoutMs = DEFAULT_TIMEOUT_MS, allowLoopback = false }: FetchJsonOptions = {},
): Promise<unknown> {
  const guard = guardConnect(allowLoopback);
  return new Promise((resolve, reject) => {
    // An address is not looked up, and a stranger's document may hold any.
    guard.checkHost(new URL(url).hostname);
    const outbound = request(
      url,
      {
        ca: certificateAuthority,
        headers: { accept: 'application/json' },
        agent: false,
        timeout: timeoutMs,
        lookup: guard.lookup,
      },
      (answer) => {
        if (answer.statusCode !== 200) {
          outbound.destroy(new Error(`${url} answered ${answer.statusCode}`));
          return;
        }
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_BYTES) outbound.destroy(new Error(`${url} answered more than ${MAX_BYTES} bytes`));
          else chunks.push(chunk);
        });
        answer.on('end', () => {
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
          } catch (cause) {
            reject(new Error(`${url} did not answer with JSON`, { cause }));
          }
        });
        answer.on('error', reject);
      },
    );
    // `timeout` watches idleness only; a slow drip must end as well.
    const deadline = setTimeout(() => outbound.destroy(new Error(`${url} did not answer in time`)), timeoutMs);
    outbound.on('close', () => clearTimeout(deadline));
    outbound.on('timeout', () => outbound.destroy(new Error(`${url} did not answer in time`)));
    outbound.on('error', reject);
    outbound.end();
  });
}
