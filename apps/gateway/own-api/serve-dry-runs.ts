import { z } from 'zod';
import { accessRulesOf, changeRules, dryRunInSteps, GatheredRequests, showDryRun } from '#advice';
import { GatehouseError } from '#errors';
import { runInSlices, type OwnApiAnswer, type OwnApiRequest } from '#pipeline';
import { validateObject, type ResourceObject } from '#resources';
import type { OwnApiPorts } from './ports.ts';
import { readReview, reviewAnswer } from './read-review.ts';
import { requireAsked } from './require-asked.ts';
import type { ReviewPorts } from './serve-access-reviews.ts';

const DAY_MS = 86_400_000;
const MAX_DAYS = 90;
/** The newest ones; the command looks at more. */
const MAX_RECORDS = 20_000;
const PAGE = 500;
/** Of each list that is answered. */
const SHOWN = 100;

const spec = z.strictObject({
  /** AccessRules as they would be saved. */
  saved: z.array(z.unknown()).max(1000).optional(),
  /** Names of AccessRules that would be deleted. */
  deleted: z.array(z.string()).max(1000).optional(),
  sinceDays: z.number().positive().max(MAX_DAYS).optional(),
});

/**
 * `accessruledryruns`: which requests of the audit log a change of the rules would newly deny or allow. Only for those
 * who may read both, since the answer shows both.
 */
export async function createDryRun(request: OwnApiRequest, ports: OwnApiPorts & ReviewPorts): Promise<OwnApiAnswer> {
  requireAsked(request, ports, 'accessrules');
  requireAsked(request, ports, 'auditevents');
  const read = await readReview(request, 'AccessRuleDryRun', spec);
  const saved = (read.saved ?? []).map(readRule);
  const before = accessRulesOf((await ports.objects.list('AccessRule')).items);
  const after = changeRules(before, { saved, deleted: read.deleted ?? [] });
  const nowMs = ports.now();
  const since = nowMs - (read.sinceDays ?? 7) * DAY_MS;
  await ports.flushAudit();
  const gathered = new GatheredRequests();
  let next: string | undefined;
  do {
    const page = await ports.audit.list({ since, limit: PAGE, continue: next });
    for (const record of page.items) gathered.add(record);
    next = page.continue;
  } while (next !== undefined && gathered.records < MAX_RECORDS);
  const run = await runInSlices(dryRunInSteps(gathered.requests, { before, after }, nowMs));
  const status = showDryRun(run, gathered, next !== undefined, SHOWN);
  return reviewAnswer('AccessRuleDryRun', { since: new Date(since).toISOString() }, status);
}

function readRule(input: unknown, index: number): ResourceObject {
  const validated = validateObject(input);
  const at = `spec.saved[${index}]`;
  if (!validated.ok)
    throw new GatehouseError(
      'invalid',
      validated.problems.map(({ path, message }) => `${at}.${path}: ${message}`).join('; '),
    );
  if (validated.object.kind !== 'AccessRule') throw new GatehouseError('invalid', `${at}.kind: must be AccessRule`);
  return validated.object;
}
