import type { ClusterConnection } from './open-cluster.ts';

interface Kept<Answer> {
  readonly answer: Promise<Answer>;
  readonly untilMs: number;
}

export interface KeepOptions<Answer> {
  readonly keepMs: number;
  now(): number;
  /** False for an answer that says nothing, such as that of a cluster that cannot be reached: it is not kept. */
  isKnown(answer: Answer): boolean;
}

const MAX_KEPT = 1000;

/**
 * Answers of clusters, kept for some seconds: whoever asks meanwhile shares one question. They belong to one connection
 * object, so that a cluster with another server, CA or credential never meets an earlier one's answers.
 */
export function keepAnswers<Answer>(options: KeepOptions<Answer>) {
  const kept = new WeakMap<ClusterConnection, Map<string, Kept<Answer>>>();
  return (cluster: ClusterConnection, key: string, ask: () => Promise<Answer>): Promise<Answer> => {
    let answers = kept.get(cluster);
    if (!answers) kept.set(cluster, (answers = new Map()));
    const nowMs = options.now();
    const known = answers.get(key);
    if (known && nowMs < known.untilMs) return known.answer;
    const answer = ask();
    // Maps keep the order of insertion: the first one is the oldest.
    answers.delete(key);
    for (const [old] of answers) {
      if (answers.size < MAX_KEPT) break;
      answers.delete(old);
    }
    const entry = { answer, untilMs: nowMs + options.keepMs };
    answers.set(key, entry);
    const forget = (): void => {
      if (answers.get(key) === entry) answers.delete(key);
    };
    answer.then((given) => {
      if (!options.isKnown(given)) forget();
    }, forget);
    return answer;
  };
}
