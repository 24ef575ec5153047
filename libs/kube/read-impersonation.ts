import type { AskedIdentity } from '#model';

export type ReadImpersonation =
  | { readonly ok: true; readonly asked: AskedIdentity }
  | { readonly ok: false; readonly message: string };

const EXTRA = 'impersonate-extra-';

/**
 * As whom the client asks to act, as the API server reads it (apiserver `processImpersonationHeaders`): one user, one
 * group a line, never split, extra keys lower-case and unescaped. Refused is what would be read in two ways, or what
 * the API server passes over: a second user or uid, empty values, an unknown `Impersonate-*`, a bad escape, bytes that
 * are no UTF-8.
 */
export function readImpersonation(rawHeaders: readonly string[]): ReadImpersonation {
  const users: string[] = [];
  const uids: string[] = [];
  const groups: string[] = [];
  const extra = Object.create(null) as Record<string, string[]>;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (!name.startsWith('impersonate-')) continue;
    const value = decodeUtf8(rawHeaders[i + 1] as string);
    if (value === undefined) return refuse(`${name} is not valid UTF-8`);
    if (value === '') return refuse(`${name} is empty`);
    if (name === 'impersonate-user') users.push(value);
    else if (name === 'impersonate-uid') uids.push(value);
    else if (name === 'impersonate-group') groups.push(value);
    else if (name.startsWith(EXTRA) && name.length > EXTRA.length) {
      const key = unescape(name.slice(EXTRA.length));
      if (key === undefined) return refuse(`${name} holds a bad escape`);
      (extra[key] ??= []).push(value);
    } else return refuse(`${name} is not known`);
  }
  if (users.length > 1 || uids.length > 1) return refuse('a second user or uid to act as is refused');
  const [user] = users;
  if (user === undefined) return refuse('groups, uid and extra are refused without a user to act as');
  return { ok: true, asked: { user, groups, uid: uids[0], extra } };
}

const refuse = (message: string): ReadImpersonation => ({ ok: false, message });

/** Node gives one character a byte. */
function decodeUtf8(value: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Escaped is all but token characters; a key that unescapes to upper case would be another one upstream. */
function unescape(escaped: string): string | undefined {
  try {
    return decodeURIComponent(escaped).toLowerCase();
  } catch {
    return undefined;
  }
}
