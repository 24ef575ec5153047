import { GatehouseError, isErrorCode } from './errors.ts';

/** An error as it crosses threads and processes: structured clone drops its class and code, which callers match. */
export interface SentError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly cause: string;
}

export function packError(error: unknown): SentError {
  const { name = 'Error', code = '', message = String(error), cause } = error as Error & { code?: string };
  return { name, code: String(code), message, cause: cause === undefined ? '' : String(cause) };
}

/** A GatehouseError is one again; any other keeps its name in the message and its code as a property. */
export function unpackError({ name, code, message, cause }: SentError): Error {
  const options = cause ? { cause: new Error(cause) } : undefined;
  if (name === 'GatehouseError' && isErrorCode(code)) return new GatehouseError(code, message, options);
  return Object.assign(new Error(`${name}: ${message}`, options), code ? { code } : {});
}
