import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { CliFailure } from '../failure.ts';

/** A gateway as a program on somebody's machine knows it. */
export interface GatewayAddress {
  /** Scheme, host and port; no slash at the end. */
  readonly url: string;
  /** What its certificate is signed by; undefined: what this machine trusts. */
  readonly caPem: string | undefined;
}

export interface GatewayAnswer {
  readonly status: number;
  /** The JSON object that was answered; empty where it was none. */
  readonly body: Readonly<Record<string, unknown>>;
}

const WITHIN_MS = 30_000;
const MAX_ANSWER_CHARACTERS = 1_000_000;

/** Not reached at all, unlike an answer that refuses. */
export class GatewayUnreachable extends CliFailure {}

/**
 * One request: with `form` a POST. Nothing is followed, and certificates are always verified.
 * @throws GatewayUnreachable.
 */
export async function callGateway(
  gateway: GatewayAddress,
  path: string,
  options: { readonly form?: Readonly<Record<string, string>>; readonly token?: string } = {},
): Promise<GatewayAnswer> {
  const body = options.form ? String(new URLSearchParams(options.form)) : undefined;
  const request = gateway.url.startsWith('https:') ? requestHttps : requestHttp;
  try {
    return await new Promise((resolve, reject) => {
      const outbound = request(gateway.url + path, {
        method: body === undefined ? 'GET' : 'POST',
        ...(gateway.caPem === undefined ? {} : { ca: gateway.caPem }),
        signal: AbortSignal.timeout(WITHIN_MS),
        headers: {
          accept: 'application/json',
          'user-agent': 'gatehouse-cli',
          ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        },
      });
      outbound.once('error', reject);
      outbound.once('response', (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MAX_ANSWER_CHARACTERS) answer.destroy(new Error('the answer is too long'));
        });
        answer.once('error', reject);
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: readJson(text) }));
      });
      outbound.end(body);
    });
  } catch (error) {
    throw new GatewayUnreachable(`${gateway.url} cannot be reached: ${(error as Error).message}`);
  }
}

function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
