/**
 * What the supervisor (the process that was started) and its workers (the processes that serve) say to each other: by
 * topic, with plain data that structured clone can copy. With one worker both are the same process and the link is a
 * function call (`loopback.ts`), so that whoever uses it need not know how many there are.
 *
 *   const OPEN_STREAM = topic<{ person: string }, boolean>('limits: open stream');
 *   workers.answer(OPEN_STREAM, ({ person }, worker) => count(person, worker));   // supervisor
 *   if (!(await supervisor.ask(OPEN_STREAM, { person }))) refuse();               // worker
 */
export interface Topic<Argument, Answer> {
  readonly name: string;
  /** Never there: it carries the types. */
  readonly shape?: (argument: Argument) => Answer;
}

/** A topic; its name must be the only one of this spelling. */
export function topic<Argument = undefined, Answer = void>(name: string): Topic<Argument, Answer> {
  return { name };
}

/** A worker's way to its supervisor. */
export interface SupervisorLink {
  /** This worker's number: never used again by another of this gateway. 0 where supervisor and worker are one process. */
  readonly worker: number;
  /** Rejects with what was thrown there (a GatehouseError stays one), or where the supervisor is gone. */
  ask<Argument, Answer>(what: Topic<Argument, Answer>, argument: Argument): Promise<Answer>;
  /** Waits for nothing, and learns of no failure. What one side tells and asks arrives in that order. */
  tell<Argument>(what: Topic<Argument, void>, argument: Argument): void;
  /** Answers what the supervisor asks or tells. One function a topic. */
  answer<Argument, Answer>(what: Topic<Argument, Answer>, act: (argument: Argument) => Answer | Promise<Answer>): void;
}

export interface Answers<Answer> {
  readonly answers: readonly { readonly worker: number; readonly value: Answer }[];
  /** Who threw, was late, ended meanwhile, or answers no such topic (yet). */
  readonly failed: readonly { readonly worker: number; readonly error: Error }[];
}

/** The supervisor's way to its workers. */
export interface WorkersLink {
  /** Answers what any worker asks or tells. One function a topic. */
  answer<Argument, Answer>(
    what: Topic<Argument, Answer>,
    act: (argument: Argument, worker: number) => Answer | Promise<Answer>,
  ): void;
  /** Asks every worker at once; waits `withinMs` at most. Never rejects. */
  askAll<Argument, Answer>(
    what: Topic<Argument, Answer>,
    argument: Argument,
    withinMs: number,
  ): Promise<Answers<Answer>>;
  tellAll<Argument>(what: Topic<Argument, void>, argument: Argument): void;
  /** Calls `listener` once for each worker that ended, after the last message of its. What was counted for it is void. */
  onGone(listener: (worker: number) => void): void;
}
