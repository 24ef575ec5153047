import { ERRORS, GatehouseError } from '#errors';
import type { RecordAct } from './ports.ts';

/** Who does what to what. */
type Act = Omit<Parameters<RecordAct>[0], 'statusCode' | 'outcome' | 'code' | 'reason'>;

/** Waits for an act; one that is refused leaves its record. @throws what the act throws. */
export async function recordRefusal<T>(record: RecordAct, act: Act, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof GatehouseError)
      record({
        ...act,
        statusCode: ERRORS[error.code].status,
        outcome: 'refused',
        code: error.code,
        reason: error.message,
      });
    throw error;
  }
}
