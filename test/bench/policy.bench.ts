/**
 * What a decision costs as rules and mappings grow, without sockets: mapping look-up and policy, for many people.
 *
 *   node --conditions=source test/bench/policy.bench.ts
 *
 * `npm run bench` calls `measurePolicy` as one of its sections.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseRequest } from '#kube';
import { compileMappings, type CompiledMappings, type Found } from '#mapping';
import type { RequestInfo } from '#model';
import { checkCompiles } from '#pipeline';
import { compilePolicy, decide, type CompiledPolicy } from '#policy';
import { median } from './measure/median.ts';
import { longestBlock, threadMs } from './longest-block.ts';
import { makeMapping, makePeople, makeRule } from './policy-objects.ts';

export interface PolicyMeasurement {
  readonly rules: number;
  readonly mappings: number;
  /** Mapping look-up and decision together, on one core; the thousand people are of ten teams, whatever there is beside. */
  readonly decisionsPerSecond: number;
  readonly microsecondsPerDecision: number;
  /** The same where they are of as many teams as there are rules: what grows is what the processor's caches do not hold. */
  readonly microsecondsSpread: number;
  readonly allowedPercent: number;
  /** Heap that the compiled policy adds to the objects that it was made of. */
  readonly bytesPerRule: number;
  readonly compileMs: number;
  /** Longest processor time for which compiling in slices, rules and mappings, let nothing else run. */
  readonly longestBlockMs: number;
}

/** All numbers of rules in turn, pass by pass, so that a slow second of the machine hits each of them; the median counts. */
const PASSES = 11;
const ROUNDS = 30;
const TEAMS = 10;

/** Measures each number of rules beside the same mappings. */
export async function measurePolicy(
  options: { readonly rules?: readonly number[]; readonly mappings?: number } = {},
): Promise<PolicyMeasurement[]> {
  const { rules = [10, 100, 1_000, 10_000], mappings = 100_000 } = options;
  const mappingObjects = Array.from({ length: mappings }, (_, at) => makeMapping(at));
  const compiledMappings = compileMappings(
    mappingObjects.map(({ metadata, spec }) => ({ ...spec, name: metadata.name })),
  );
  // The code is warm before the first is measured.
  timeDecisions(compilePolicy(inputsOf(100)), compiledMappings, TEAMS);
  const rows: Omit<PolicyMeasurement, keyof Timed>[] = [];
  const policies: CompiledPolicy[] = [];
  for (const count of rules) {
    const inputs = inputsOf(count);
    const before = heapBytes();
    const startedAt = performance.now();
    const policy = compilePolicy(inputs);
    const compileMs = performance.now() - startedAt;
    const bytesPerRule = Math.round((heapBytes() - before) / count);
    const objects = [...Array.from({ length: count }, (_, at) => makeRule(at)), ...mappingObjects];
    const longestBlockMs = await longestBlock(() => checkCompiles(objects));
    policies.push(policy);
    rows.push({ rules: count, mappings, bytesPerRule, compileMs, longestBlockMs });
  }
  heapBytes();
  const passes = Array.from({ length: PASSES }, () =>
    policies.map((policy) => ({
      few: timeDecisions(policy, compiledMappings, TEAMS),
      spread: timeDecisions(policy, compiledMappings, policy.rules.length),
    })),
  );
  return rows.map((row, at) => {
    const middle = (pick: 'few' | 'spread'): number =>
      median(passes.map((pass) => (pass[at] as (typeof pass)[number])[pick].microseconds));
    return {
      ...row,
      decisionsPerSecond: Math.round(1e6 / middle('few')),
      microsecondsPerDecision: middle('few'),
      microsecondsSpread: middle('spread'),
      allowedPercent: passes[0]?.[at]?.few.allowedPercent ?? 0,
    };
  });
}

type Timed = Pick<
  PolicyMeasurement,
  'decisionsPerSecond' | 'microsecondsPerDecision' | 'microsecondsSpread' | 'allowedPercent'
>;

const inputsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => {
    const { metadata, spec } = makeRule(at);
    return { ...spec, name: metadata.name, version: '1' };
  });

/** By the processor time of this thread, since the clock of it is coarse. */
function timeDecisions(
  policy: CompiledPolicy,
  mappings: CompiledMappings,
  teams: number,
): { microseconds: number; allowedPercent: number } {
  const people = makePeople(teams);
  const requests = people.map(({ namespace, name }, at) => request(namespace, at % 4 === 3 ? 'secrets' : 'pods', name));
  const context = { upgrade: false, sourceAddress: '10.0.0.7', nowMs: 1_767_225_600_000 };
  let allowed = 0;
  const startedAt = threadMs();
  for (let round = 0; round < ROUNDS; round++) {
    allowed = 0;
    for (const [at, { identity }] of people.entries()) {
      if ((mappings.find(identity, 'demo') as Found).mapping === undefined)
        throw new Error(`no mapping for ${identity.username}`);
      if (decide(policy, identity, 'demo', requests[at] as RequestInfo, context).allowed) allowed++;
    }
  }
  const microseconds = ((threadMs() - startedAt) * 1000) / (ROUNDS * people.length);
  return { microseconds, allowedPercent: Math.round((allowed * 100) / people.length) };
}

function request(namespace: string, resource: string, name: string): RequestInfo {
  const parsed = parseRequest('GET', `/api/v1/namespaces/${namespace}/${resource}/${name}`);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.request;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function heapBytes(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

if (import.meta.main) {
  const measured = await measurePolicy();
  console.table(
    measured.map(({ microsecondsPerDecision, microsecondsSpread, compileMs, longestBlockMs, ...row }) => ({
      ...row,
      'µs a decision': Number(microsecondsPerDecision.toFixed(2)),
      'µs spread': Number(microsecondsSpread.toFixed(2)),
      'compile ms': Math.round(compileMs),
      'longest block ms': Number(longestBlockMs.toFixed(1)),
    })),
  );
}
