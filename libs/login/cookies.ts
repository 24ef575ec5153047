/** The session cookie's name; `__Host-` keeps siblings of the host from planting or reading it. */
export const SESSION_COOKIE = '__Host-gatehouse-session';
/** Holds the sealed login transaction. Lax, since the provider sends the browser back from another site. */
export const LOGIN_COOKIE = '__Host-gatehouse-login';

export function sessionCookie(token: string, maxAgeSeconds: number): string {
  return `${SESSION_COOKIE}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;
}

export function loginCookie(sealed: string, maxAgeSeconds: number): string {
  return `${LOGIN_COOKIE}=${sealed}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`;
}

export function clearedCookie(name: string): string {
  return `${name}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`;
}

/** All values of a cookie, in the order sent; more than one means that somebody planted one. */
export function cookieValues(header: string | undefined, name: string): string[] {
  return (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
}
