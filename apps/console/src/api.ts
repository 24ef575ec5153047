import type { Cause } from './types.ts';

const OWN = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1';

/** An answer other than 2xx; `message` is the gateway's own sentence. */
export class ApiError extends Error {
  readonly status: number;
  readonly causes: readonly Cause[];
  constructor(status: number, message: string, causes: readonly Cause[]) {
    super(message);
    this.status = status;
    this.causes = causes;
  }
}

async function call(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['Content-Type'] = 'application/json';
  const init: RequestInit = { method, headers, credentials: 'same-origin', redirect: 'error' };
  if (method !== 'GET') init.body = JSON.stringify(body ?? {});
  const response = await fetch(path, init);
  if (response.ok) return response;
  const text = await response.text();
  let message = `The gateway answered ${response.status}.`;
  let causes: Cause[] = [];
  try {
    const status = JSON.parse(text) as { message?: string; details?: { causes?: Cause[] } };
    message = status.message ?? message;
    causes = status.details?.causes ?? [];
  } catch {
    // Not one of ours; the number has to do.
  }
  throw new ApiError(response.status, message, causes);
}

const json = async <T>(method: string, path: string, body?: unknown): Promise<T> => (await (await call(method, path, body)).json()) as T;

/** Every call of the console. Same origin only; the session cookie does the rest. */
export const api = {
  get: <T>(path: string): Promise<T> => json<T>('GET', path),
  text: async (path: string): Promise<string> => await (await call('GET', path)).text(),
  logout: async (): Promise<void> => void (await call('POST', '/-/auth/logout')),
  saveToken: (cluster: string, token: string): Promise<{ user: string }> => json('PUT', `/-/me/upstream-tokens/${encodeURIComponent(cluster)}`, { token }),
  deleteToken: async (cluster: string): Promise<void> => void (await call('DELETE', `/-/me/upstream-tokens/${encodeURIComponent(cluster)}`)),
  list: <T>(plural: string, query = ''): Promise<T> => json<T>('GET', `${OWN}/${plural}${query}`),
  create: <T>(plural: string, object: unknown): Promise<T> => json<T>('POST', `${OWN}/${plural}`, object),
  update: <T>(plural: string, name: string, object: unknown): Promise<T> => json<T>('PUT', `${OWN}/${plural}/${encodeURIComponent(name)}`, object),
  remove: async (plural: string, name: string): Promise<void> => void (await call('DELETE', `${OWN}/${plural}/${encodeURIComponent(name)}`)),
};
