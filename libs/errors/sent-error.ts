import { GatehouseError, isErrorCode } from './errors.ts';

/** An error as it crosses threads and processes: structured clone drops its class and code, which callers match. */
export interface SentError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly cause: SentError | undefined;
}

/** Libraries wrap twice or three times; an error may also be its own cause. */
const MAX_DEPTH = 6;

/** Keeps name, code and message of the error and of each of its causes, and nothing else that they hold. */
export function packError(error: unknown, depth = 1): SentError {
  const { name, code, message, cause } = (error ?? {}) as Partial<Error> & { code?: unknown };
  return {
    name: typeof name === 'string' ? name : 'Error',
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : String(error),
    cause: cause === undefined || depth === MAX_DEPTH ? undefined : packError(cause, depth + 1),
  };
}

/** A GatehouseError is one again; any other keeps its code as a property, and its name, if it has one, in the message. */
export function unpackError({ name, code, message, cause }: SentError): Error {
  const options = cause ? { cause: unpackError(cause) } : undefined;
  if (name === 'GatehouseError' && isErrorCode(code)) return new GatehouseError(code, message, options);
  return Object.assign(new Error(name === 'Error' ? message : `${name}: ${message}`, options), code ? { code } : {});
}
