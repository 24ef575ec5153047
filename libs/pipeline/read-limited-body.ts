import { IncomingMessage } from 'node:http';
import { GatehouseError } from '#errors';
import type { ClientRequest } from '#http';

/**
 * The body of a request that the gateway answers itself, chunk by chunk. An iterator, not the stream itself: whoever stops in the middle leaves the
 * socket alone, which still needs an answer.
 *
 * @param limits `withinMs`: for all of it, 0 for no limit; `maxBytes`: Infinity for no limit.
 * @throws GatehouseError requestTimeout (a client that drips a byte now and then would hold its place for ever), tooLarge.
 */
export async function* readLimitedBody(
  request: ClientRequest,
  limits: { readonly withinMs: number; readonly maxBytes: number },
): AsyncGenerator<Buffer> {
  // A plain request has none.
  if (!(request instanceof IncomingMessage)) return;
  const source = (request as unknown as { iterator(options: object): AsyncIterableIterator<Buffer> }).iterator({
    destroyOnReturn: false,
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    if (limits.withinMs > 0)
      timer = setTimeout(() => reject(new GatehouseError('requestTimeout')), limits.withinMs).unref();
  });
  late.catch(() => {});
  let size = 0;
  try {
    for (;;) {
      const next = await (timer ? Promise.race([source.next(), late]) : source.next());
      if (next.done) return;
      size += next.value.length;
      if (size > limits.maxBytes)
        throw new GatehouseError('tooLarge', `a request body may have ${limits.maxBytes} bytes at most here`);
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
  }
}
