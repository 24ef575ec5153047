import type { ReadHeaders } from '#kube';
import { headersForUpstream } from '../../libs/kube/testdata/header-rules-again.ts';
import { randomHeaders } from '../../libs/kube/testdata/random-headers.ts';
import { seededRandom } from '../../libs/kube/testdata/seeded-random.ts';

export interface HeadersRun {
  accepted: number;
  refused: number;
  readonly problems: string[];
}

/** Holds the reader of headers to a slow reading of the rules, on random lists until `deadlineMs` (Unix milliseconds). */
export function compareHeaders(
  read: (raw: readonly string[]) => ReadHeaders,
  seed: number,
  deadlineMs: number,
): HeadersRun {
  const random = seededRandom(seed);
  const run: HeadersRun = { accepted: 0, refused: 0, problems: [] };
  while (Date.now() < deadlineMs && run.problems.length < 20) {
    const raw = randomHeaders(random);
    const result = read(raw);
    if (result.ok) run.accepted++;
    else run.refused++;
    const ours = JSON.stringify(result.ok ? result.headers.passThrough : 'refused');
    const expected = JSON.stringify(headersForUpstream(raw));
    if (ours !== expected) run.problems.push(`${JSON.stringify(raw)}: ${ours}, should be ${expected}`);
  }
  return run;
}
