import { createEndpoint, type Endpoint, type Handler, type Message } from './endpoint.ts';
import type { Answers, SupervisorLink, Topic, WorkersLink } from './link.ts';

/** The worker's end; whoever owns the channel feeds it. */
export interface SupervisorEnd extends SupervisorLink, Pick<Endpoint, 'receive' | 'lose'> {}

export function createSupervisorLink(worker: number, post: (message: Message) => void): SupervisorEnd {
  const handlers = createHandlers<Handler>();
  const { ask, tell, receive, lose } = createEndpoint(post, handlers.find);
  return { worker, ask, tell, receive, lose, answer: (what, act) => handlers.add(what, act as Handler) };
}

/** The supervisor's end: a worker is attached when its process is made. */
export interface WorkersEnd extends WorkersLink {
  /** `gone` is called once, after the worker's last message was received. */
  attach(
    worker: number,
    post: (message: Message) => void,
  ): Pick<Endpoint, 'ask' | 'tell' | 'receive'> & { gone(): void };
}

type NumberedHandler = (argument: never, worker: number) => unknown;

export function createWorkersLink(): WorkersEnd {
  const handlers = createHandlers<NumberedHandler>();
  const endpoints = new Map<number, Endpoint>();
  const listeners: ((worker: number) => void)[] = [];
  return {
    answer: (what, act) => handlers.add(what, act as NumberedHandler),
    async askAll(what, argument, withinMs) {
      return await collect(
        [...endpoints].map(([worker, endpoint]) => [worker, endpoint.ask(what, argument)]),
        withinMs,
      );
    },
    tellAll(what, argument) {
      for (const endpoint of endpoints.values()) endpoint.tell(what, argument);
    },
    onGone: (listener) => void listeners.push(listener),
    attach(worker, post) {
      const endpoint = createEndpoint(post, (name) => {
        const act = handlers.find(name);
        return act && ((argument) => act(argument, worker));
      });
      endpoints.set(worker, endpoint);
      return {
        ask: endpoint.ask,
        tell: endpoint.tell,
        receive: endpoint.receive,
        gone() {
          if (!endpoints.delete(worker)) return;
          endpoint.lose();
          for (const listener of listeners) listener(worker);
        },
      };
    },
  };
}

/** Both ends in one process: what is told or asked is handled at once. Arguments are not copied. */
export function createLoopback(): { readonly workers: WorkersLink; readonly supervisor: SupervisorLink } {
  const workers = createWorkersLink();
  const supervisor = createSupervisorLink(0, (message) => attached.receive(message));
  const attached = workers.attach(0, (message) => supervisor.receive(message));
  return { workers, supervisor };
}

function createHandlers<H>(): { add(what: Topic<never, unknown>, act: H): void; find(name: string): H | undefined } {
  const handlers = new Map<string, H>();
  return {
    add({ name }, act) {
      if (handlers.has(name)) throw new Error(`"${name}" is answered already`);
      handlers.set(name, act);
    },
    find: (name) => handlers.get(name),
  };
}

async function collect<Answer>(
  asked: readonly (readonly [number, Promise<Answer>])[],
  withinMs: number,
): Promise<Answers<Answer>> {
  const answers: { worker: number; value: Answer }[] = [];
  const failed: { worker: number; error: Error }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${withinMs} ms`)), withinMs);
  });
  // Nobody may be asked at all.
  late.catch(() => {});
  await Promise.all(
    asked.map(async ([worker, answer]) => {
      try {
        answers.push({ worker, value: await Promise.race([answer, late]) });
      } catch (error) {
        failed.push({ worker, error: error as Error });
      }
    }),
  );
  clearTimeout(timer);
  return { answers, failed };
}
