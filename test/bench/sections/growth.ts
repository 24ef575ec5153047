import { runLoad, type Subject } from '../measure/run-load.ts';
import { bearerOf, inventPeople, podPath, type Caller } from '../people.ts';
import { createTokens } from '../peers/create-credentials.ts';
import { fillObjects, fillTokens } from '../peers/fill-database.ts';
import { startGatehouse, type GatehousePeer } from '../peers/start-gatehouse.ts';
import { measurePolicy } from '../policy.bench.ts';
import { formatTable, rounded } from '../print-table.ts';
import type { World } from '../world.ts';
import { ask } from './ask.ts';
import { findFailures } from './short-results.ts';
import { MOST_ROUNDS, type Section } from './section.ts';

const CONNECTIONS = 32;
const MAPPINGS = 100_000;
const RULES = 10_000;
/** For decisions alone, without sockets. */
const RULE_COUNTS = [10, 100, 1_000, RULES];
const TOKENS = 1_000_000;
/** What each gateway has at least, of mappings and of rules. */
const FEW = 10;

interface Variant {
  readonly name: string;
  /** The one that it is compared with. */
  readonly base: string | undefined;
  fill(databaseFile: string): void;
  readonly withTokens: boolean;
}

const mapping = (at: number): object => ({
  subjects: [{ issuer: 'bench', user: `demo:filled-${at}` }],
  clusters: ['bench'],
  impersonate: { user: { from: 'username' }, groups: [{ from: 'groups' }] },
});

/** Most rules are of other groups; every tenth is for everybody, on another resource. */
const rule = (at: number): object => ({
  subjects: [at % 10 === 0 ? { issuer: 'bench' } : { issuer: 'bench', group: `demo:filled-${at}` }],
  clusters: ['bench'],
  rules: [{ verbs: ['get', 'list'], apiGroups: ['apps'], resources: ['deployments'], namespaces: [`filled-${at}`] }],
});

const few = (file: string): void => {
  fillObjects(file, 'Mapping', FEW - 1, mapping);
};
const VARIANTS: readonly Variant[] = [
  { name: `${FEW} mappings, few rules`, base: undefined, withTokens: false, fill: few },
  {
    name: `${MAPPINGS} mappings`,
    base: `${FEW} mappings, few rules`,
    withTokens: false,
    fill: (file) => fillObjects(file, 'Mapping', MAPPINGS - 1, mapping),
  },
  {
    name: `${RULES} rules`,
    base: `${FEW} mappings, few rules`,
    withTokens: false,
    fill(file) {
      few(file);
      fillObjects(file, 'AccessRule', RULES, rule);
    },
  },
  { name: 'few tokens', base: undefined, withTokens: true, fill: few },
  {
    name: `${TOKENS} tokens`,
    base: 'few tokens',
    withTokens: true,
    fill(file) {
      few(file);
      fillTokens(file, TOKENS);
    },
  },
];

/** Whether a request costs the same when there is much more to look through. */
export const growth: Section = {
  name: 'growth',
  subjects: [],
  async measure(world, { rounds, seconds }) {
    const people = await inventPeople(world.issuer);
    const subjects: Subject[] = [];
    const readyMs: Record<string, number> = {};
    for (const variant of VARIANTS) {
      const startedAt = performance.now();
      const peer = await startGatehouse(world, {
        name: variant.name.replaceAll(/\W+/g, '-'),
        prepare: (file) => variant.fill(file),
        onStart: (ms) => (readyMs[variant.name] = ms),
      });
      world.log(`${variant.name}: ready after ${Math.round(performance.now() - startedAt)} ms, filling included`);
      const credentialOf = variant.withTokens ? await tokensOf(world, people, peer) : bearerOf;
      subjects.push(ask(world, { ...peer, name: variant.name }, people, podPath, credentialOf));
    }
    const options = {
      connections: CONNECTIONS,
      seconds,
      rounds: Math.min(rounds, MOST_ROUNDS),
      helpers: [world.upstream.pid],
      log: world.log,
    };
    const results = await runLoad(subjects, options);
    await world.stopPeers();
    const cpuOf = (name: string | undefined): number =>
      results.find((result) => result.name === name)?.cpuMicrosPerRequest ?? Number.NaN;
    const rows = VARIANTS.map(({ name, base }) => ({
      name,
      cpuMicrosPerRequest: cpuOf(name),
      ratio: base === undefined ? undefined : cpuOf(name) / cpuOf(base),
      readyMs: Math.round(readyMs[name] ?? 0),
      rssMiB: results.find((result) => result.name === name)?.rssMiB ?? 0,
    }));
    const policy = await measurePolicy({ rules: RULE_COUNTS, mappings: MAPPINGS });
    return {
      results: {
        growth: {
          cpu: Object.fromEntries(rows.flatMap(({ name, ratio }) => (ratio === undefined ? [] : [[name, ratio]]))),
          policy: policy.map(({ rules, decisionsPerSecond, bytesPerRule }) => ({
            rules,
            mappings: MAPPINGS,
            decisionsPerSecond,
            bytesPerRule,
          })),
          decisions: (policy.at(-1)?.decisionsPerSecond ?? 0) / (policy[0]?.decisionsPerSecond ?? 1),
        },
      },
      text: [
        formatTable(
          ['gateway with', 'CPU µs/request', '÷ few', 'start ms', 'RSS MiB'],
          rows.map((row) => [
            row.name,
            rounded(row.cpuMicrosPerRequest),
            row.ratio?.toFixed(2) ?? '',
            row.readyMs,
            Math.round(row.rssMiB),
          ]),
        ),
        formatTable(
          ['rules', 'mappings', 'decisions/s', 'bytes a rule', 'longest block ms'],
          policy.map((row) => [
            row.rules,
            row.mappings,
            row.decisionsPerSecond,
            row.bytesPerRule,
            rounded(row.longestBlockMs),
          ]),
        ),
      ].join('\n\n'),
      voids: findFailures(results),
    };
  },
};

async function tokensOf(world: World, people: readonly Caller[], peer: GatehousePeer) {
  const tokens = await createTokens(world, people, peer);
  return (_person: Caller, at: number) => ({ Authorization: `Bearer ${tokens[at]}` });
}
