import { GatehouseError } from '#errors';

/** A server or a disk that does not respond must not hold whoever ends. @throws GatehouseError storeUnavailable then. */
export async function closeWithin(withinMs: number | undefined, closed: Promise<void>): Promise<void> {
  if (withinMs === undefined) return await closed;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new GatehouseError('storeUnavailable', `the database did not close within ${withinMs} ms`)),
      withinMs,
    );
  });
  closed.catch(() => {});
  try {
    await Promise.race([closed, late]);
  } finally {
    clearTimeout(timer);
  }
}
