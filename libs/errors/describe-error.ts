const MAX_DEPTH = 6;
const MAX_LENGTH = 600;

/**
 * What went wrong, from the outermost error to its innermost cause, for the gateway's log: "the provider cannot be
 * reached: fetch failed: self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)". Only messages, codes, the name of a
 * claim and an OAuth error: the errors of `openid-client` hold whole answers, tokens among them, in their causes.
 */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  let at = error;
  for (let depth = 0; depth < MAX_DEPTH && at !== undefined && at !== null; depth++) {
    const part = describeOne(at);
    // A library that wraps its own error says the same thing twice.
    if (part !== '' && parts.at(-1) !== part) parts.push(part);
    at = causeOf(at);
  }
  return parts.join(': ').slice(0, MAX_LENGTH);
}

function causeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  // Node fails so where a name has several addresses: the message is empty, and each error says what happened to one.
  const one = error instanceof AggregateError ? (error.errors[0] as unknown) : undefined;
  return error.cause ?? one;
}

function describeOne(error: unknown): string {
  if (!(error instanceof Error)) {
    const claim = (error as { claim?: unknown }).claim;
    return typeof claim === 'string' ? `claim "${claim}"` : typeof error === 'string' ? error : '';
  }
  const { code, error: oauthError, error_description: description } = error as unknown as Record<string, unknown>;
  // RFC 6749 section 5.2; `code` is then the library's own and says less.
  // Ours (`identityUnavailable`) say no more than their messages.
  const isForeign = typeof code === 'string' && /^[A-Z0-9_]+$/.test(code);
  const details = typeof oauthError === 'string' ? [oauthError, description] : isForeign ? [code] : [];
  const said = details.filter((detail) => typeof detail === 'string' && !error.message.includes(detail));
  return [error.message, said.length > 0 ? `(${said.join(': ')})` : ''].filter((text) => text !== '').join(' ');
}
