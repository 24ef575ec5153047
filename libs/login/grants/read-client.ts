import type { GrantRefusal } from './ports.ts';

export interface Client {
  readonly clientId: string;
  readonly clientName: string;
}

const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const MAX_NAME_CHARACTERS = 100;

/**
 * Which program asks, in its own words. Clients are public (RFC 8252): an id proves nothing, is shown to whoever
 * approves, and need not be registered.
 */
export function readClient(id: unknown, name: unknown): ({ readonly ok: true } & Client) | GrantRefusal {
  const refuse = (description: string): GrantRefusal => ({ ok: false, error: 'invalid_client', description });
  if (typeof id !== 'string' || !CLIENT_ID.test(id))
    return refuse('send client_id: the name of your program, letters, digits, dots, hyphens and underscores');
  if (name === undefined || name === '') return { ok: true, clientId: id, clientName: '' };
  // Invisible and direction-changing characters could make the page say something else than what was sent.
  if (typeof name !== 'string' || name.length > MAX_NAME_CHARACTERS || /[\p{C}\u2028\u2029]/u.test(name))
    return refuse(`client_name is text of at most ${MAX_NAME_CHARACTERS} visible characters`);
  return { ok: true, clientId: id, clientName: name.trim() };
}
