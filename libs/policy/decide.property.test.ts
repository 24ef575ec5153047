import { describe, expect, it } from 'vitest';
import { parseRequest } from '#kube';
import type { AccessRuleInput } from './access-rule.ts';
import { compilePolicy } from './compile-policy.ts';
import { decide } from './decide.ts';
import { explainDecision } from './explain-decision.ts';
import { naiveDecide, type NaiveDecision } from './testdata/naive-decide.ts';
import { ordinary, person } from './testdata/people.ts';
import { randomAsk, randomRules } from './testdata/random-rules.ts';

describe('the compiled policy', () => {
  it('decides, names and reports as plain loops over all rules do', () => {
    const disagreements: unknown[] = [];
    let allowed = 0;
    let denied = 0;
    let reported = 0;
    let learned = 0;
    let steppedUp = 0;
    for (let round = 0; round < 2_000; round++) {
      const rules = randomRules();
      const policy = compilePolicy(rules);
      for (let n = 0; n < 12; n++) {
        const { identity, cluster, request, context } = randomAsk();
        const decision = decide(policy, identity, cluster, request, context);
        const got: NaiveDecision = {
          allowed: decision.allowed,
          rule: decision.rule,
          reported: decision.reported.map((r) => `${r.rule} ${r.effect}`),
          learning: decision.allowed ? decision.learning : undefined,
          stepUp: !decision.allowed && decision.stepUp !== undefined,
        };
        const want = naiveDecide(rules, identity, cluster, request, context);
        if (JSON.stringify(got) !== JSON.stringify(want))
          disagreements.push({ got, want, request, identity, cluster, context, rules });
        if (decision.allowed) allowed++;
        else if (decision.rule !== undefined) denied++;
        if (decision.reported.length > 0) reported++;
        if (got.learning) learned++;
        if (got.stepUp) steppedUp++;
      }
    }
    expect(disagreements).toEqual([]);
    // The comparison means nothing where everything is denied by default.
    expect([allowed > 800, denied > 300, reported > 300, learned > 100, steppedUp > 100]).toEqual(Array(5).fill(true));
  });

  it.each<[string, (rule: AccessRuleInput) => AccessRuleInput]>([
    ['forgets conditions', (rule) => ({ ...rule, conditions: undefined })],
    ['takes a Deny for a Report', (rule) => (rule.effect === 'Deny' ? { ...rule, mode: 'Report' } : rule)],
    [
      'drops names',
      (rule) => ({ ...rule, rules: rule.rules.map((entry) => ({ ...entry, resourceNames: undefined })) }),
    ],
    ['lets learning rules decide first', (rule) => ({ ...rule, learning: false })],
  ])('would be found out by them if it %s', (_what, corrupt) => {
    let disagreements = 0;
    for (let round = 0; round < 1_000; round++) {
      const rules = randomRules();
      const policy = compilePolicy(rules.map(corrupt));
      for (let n = 0; n < 12; n++) {
        const { identity, cluster, request, context } = randomAsk();
        const { allowed, rule } = decide(policy, identity, cluster, request, context);
        const want = naiveDecide(rules, identity, cluster, request, context);
        if (allowed !== want.allowed || rule !== want.rule) disagreements++;
      }
    }
    expect(disagreements).toBeGreaterThan(0);
  });

  it('is explained by the rules that it names: the same decision follows from what is said of each', () => {
    const disagreements: unknown[] = [];
    for (let round = 0; round < 200; round++) {
      const policy = compilePolicy(randomRules());
      for (let n = 0; n < 5; n++) {
        const { identity, cluster, request, context } = randomAsk();
        const { decision, considered } = explainDecision(policy, identity, cluster, request, context);
        const enforced = considered.filter(({ mode }) => mode === 'Enforce');
        const denier = enforced.find(({ effect, matched }) => effect === 'Deny' && matched);
        const acts = considered[0]?.acts ?? [];
        const given = acts.every((_, i) =>
          enforced.some((rule) => rule.effect === 'Allow' && rule.acts[i]?.entry !== undefined),
        );
        const unexplained = considered.some(({ matched, failed }) => matched === (failed !== undefined));
        const named = considered.filter(({ decides }) => decides).map(({ rule, matched }) => [rule, matched]);
        const follows = {
          allowed: !denier && given,
          named: decision.rule === undefined ? [] : [[decision.rule, true]],
        };
        if (
          unexplained ||
          follows.allowed !== decision.allowed ||
          JSON.stringify(follows.named) !== JSON.stringify(named)
        )
          disagreements.push({ decision, considered });
      }
    }
    expect(disagreements).toEqual([]);
  });

  it('costs about the same with ten thousand rules as with ten', () => {
    const rulesOf = (count: number): AccessRuleInput[] =>
      Array.from({ length: count }, (_, i) => ({
        name: `rule-${i}`,
        subjects: [{ issuer: 'demo', group: i % 3 === 0 ? 'dev' : `team-${i}` }],
        clusters: [i % 2 === 0 ? 'demo' : '*'],
        effect: i % 10 === 9 ? 'Deny' : 'Allow',
        mode: 'Enforce',
        rules: [
          {
            verbs: ['get', 'list'],
            apiGroups: [''],
            resources: ['pods'],
            namespaces: [`ns-${i}`],
            resourceNames: i % 5 === 0 ? [`pod-${i}`] : undefined,
          },
          { methods: ['GET'], paths: [`/apis/x${i}/**`] },
          { verbs: ['get'], nonResourceURLs: [`/x${i % 50}/*`] },
        ],
      }));
    const parsed = parseRequest('GET', '/api/v1/namespaces/ns-6/pods');
    if (!parsed.ok) throw new Error(parsed.message);
    const identity = person('alice', ['dev', 'ops', 'all']);
    const time = (count: number): number => {
      const policy = compilePolicy(rulesOf(count));
      expect(decide(policy, identity, 'demo', parsed.request, ordinary)).toMatchObject({
        allowed: true,
        rule: 'rule-6',
      });
      let best = Infinity;
      for (let round = 0; round < 15; round++) {
        const started = performance.now();
        for (let i = 0; i < 2_000; i++) decide(policy, identity, 'demo', parsed.request, ordinary);
        best = Math.min(best, performance.now() - started);
      }
      return best;
    };
    time(10);
    const [few, many] = [time(10), time(10_000)];
    // A scan would cost several hundred times as much; the best of many rounds tells them apart on a busy machine too.
    expect(many / few).toBeLessThan(8);
  });
});
