const HOME = '/-/';

/**
 * Where to go after login: a path of this gateway, or home. A browser reads `//host` and `/\host` as another host and
 * drops tabs and line breaks before it looks, so anything but a plain absolute path leads home.
 */
export function readReturnTo(value: unknown): string {
  if (typeof value !== 'string' || value.length > 2048) return HOME;
  if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(value)) return HOME;
  return value;
}
