import { GatehouseError } from '#errors';

/** Where the next page begins: the key of the last row, so that rows which arrive meanwhile shift nothing. */
interface Position {
  readonly receivedAtMs: number;
  readonly auditId: string;
}

export function writeContinue({ receivedAtMs, auditId }: Position): string {
  return Buffer.from(JSON.stringify([receivedAtMs, auditId]), 'utf8').toString('base64url');
}

/** @throws GatehouseError invalid. */
export function readContinue(text: string): Position {
  try {
    const [receivedAtMs, auditId] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[];
    if (Number.isSafeInteger(receivedAtMs) && typeof auditId === 'string' && !auditId.includes('\0'))
      return { receivedAtMs: receivedAtMs as number, auditId };
  } catch {
    // Falls through: the same answer for every kind of nonsense.
  }
  throw new GatehouseError('invalid', 'continue must be what the page before gave');
}
