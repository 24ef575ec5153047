/** `__Host-`: Secure, no Domain, Path=/, so that no sibling host can plant or read it (RFC 6265bis section 4.1.3). */
export const SESSION_COOKIE = '__Host-gatehouse-session';
