import { packError, unpackError, type SentError } from '#errors';
import type { Topic } from './link.ts';

/** What goes over the wire. `call` is absent where no answer is wanted. */
export type Message =
  | { readonly topic: string; readonly argument: unknown; readonly call?: number }
  | { readonly answerTo: number; readonly value: unknown }
  | { readonly answerTo: number; readonly error: SentError };

export type Handler = (argument: never) => unknown;

/** One end of a link to one other process. */
export interface Endpoint {
  ask<Argument, Answer>(what: Topic<Argument, Answer>, argument: Argument): Promise<Answer>;
  tell<Argument>(what: Topic<Argument, void>, argument: Argument): void;
  /** Give it each message of the other end, in order. */
  receive(message: Message): void;
  /** The other end is gone: whoever waits, or asks later, is refused. */
  lose(): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export function createEndpoint(
  post: (message: Message) => void,
  handlerOf: (topic: string) => Handler | undefined,
): Endpoint {
  const pending = new Map<number, Pending>();
  let calls = 0;
  let lost = false;

  async function handle(name: string, argument: unknown, call: number | undefined): Promise<void> {
    try {
      const act = handlerOf(name);
      if (!act) throw new Error(`nobody answers "${name}" here`);
      const value = await act(argument as never);
      if (call !== undefined && !lost) post({ answerTo: call, value });
    } catch (error) {
      // Who only tells wants no answer; a handler that must not fail says so in its own log.
      if (call !== undefined && !lost) post({ answerTo: call, error: packError(error) });
    }
  }

  return {
    ask: <Argument, Answer>(what: Topic<Argument, Answer>, argument: Argument) =>
      new Promise<Answer>((resolve, reject) => {
        if (lost) return reject(gone());
        calls += 1;
        pending.set(calls, { resolve: resolve as Pending['resolve'], reject });
        post({ topic: what.name, argument, call: calls });
      }),
    tell(what, argument) {
      if (!lost) post({ topic: what.name, argument });
    },
    receive(message) {
      if ('topic' in message) return void handle(message.topic, message.argument, message.call);
      const waiting = pending.get(message.answerTo);
      pending.delete(message.answerTo);
      if ('error' in message) waiting?.reject(unpackError(message.error));
      else waiting?.resolve(message.value);
    },
    lose() {
      lost = true;
      for (const { reject } of pending.values()) reject(gone());
      pending.clear();
    },
  };
}

const gone = (): Error => new Error('the process at the other end is gone');
