/**
 * Issuers against Kubernetes' own JWT authenticator, on a shared table: what it refuses we refuse; where it makes a
 * user we make the same one. Where we are stricter, or lack a function, stands in the lists below, which are reviewed.
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { compileIssuers, identityFromClaims, type IssuerInput } from '#identity';
import { validateObject } from '#resources';
import { buildTool } from '../cluster/build-tool.ts';
import { CASES, CLAIMS, entryOf, type IssuerCase } from './issuer-cases.ts';

interface Answer {
  configProblem?: string;
  refused?: string;
  user?: { username: string; uid: string; groups: string[]; extra: Record<string, string[]> };
}

/** Kubernetes takes these configurations; ours lacks what they use, or wants a clearer word. */
const UNSUPPORTED = ['rule with a timestamp'];
/** Kubernetes lets these people in; here their names could pass for another's, or their groups are not all known. */
const STRICTER = [
  'empty user claim',
  'a reserved name',
  'a reserved name by claim',
  'a name with a line feed',
  'a blank name',
  'an empty group',
];
/**
 * `MatchAny` is the only policy there is, so leaving it out can mean nothing else. A claim is of type any in Kubernetes,
 * which its compiler does not loop over without `dyn()`, and a list that a function made is no list of names to it:
 * neither lets anybody in who would not be let in by the longer spelling.
 */
const LOOSER = [
  'two audiences without a policy',
  'groups by expression',
  'groups split',
  'rule with all',
  'rule with exists_one',
];

function ours(entry: Record<string, unknown>, claims: object): Answer {
  const object = { apiVersion: 'gatehouse.dev/v1alpha1', kind: 'Issuer', metadata: { name: 'x' }, spec: entry };
  const validated = validateObject(object);
  if (!validated.ok)
    return { configProblem: validated.problems.map(({ path, message }) => `${path}: ${message}`).join() };
  let issuer;
  try {
    issuer = compileIssuers([{ ...(validated.object.spec as object), name: 'x' } as IssuerInput]).byName('x');
  } catch (error) {
    return { configProblem: (error as Error).message };
  }
  if (!issuer) throw new Error('no issuer');
  const read = identityFromClaims(issuer, claims as Record<string, unknown>, { kind: 'bearer', id: 'x' }, 1);
  if (!read.ok) return { refused: read.message };
  const { username, uid, groups, extra } = read.identity;
  return { user: { username, uid: uid ?? '', groups: [...groups], extra: { ...extra } as Record<string, string[]> } };
}

const claimsOf = ({ claims }: IssuerCase): object => JSON.parse(JSON.stringify({ ...CLAIMS, ...claims })) as object;

function kubernetes(): Answer[] {
  const lines = CASES.map((row) => `${JSON.stringify({ jwt: entryOf(row), claims: claimsOf(row) })}\n`);
  const run = spawnSync(buildTool('jwtauthenticator'), [], {
    input: lines.join(''),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (run.status !== 0) throw new Error(`the Go program exited ${run.status}: ${run.stderr}`);
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

/** Go says null for what is empty. */
const NOTHING = { username: '', uid: '', groups: [], extra: {} };
const verdictOf = (answer: Answer): string =>
  answer.configProblem ? 'configuration refused' : answer.refused ? 'person refused' : 'person made';

function findDisagreement(row: IssuerCase, theirs: Answer, mine: Answer): string | undefined {
  const said = `theirs ${JSON.stringify(theirs)}, ours ${JSON.stringify(mine)}`;
  const [a, b] = [verdictOf(theirs), verdictOf(mine)];
  if (a === b) {
    const same = (['username', 'uid', 'groups', 'extra'] as const).every(
      (key) => JSON.stringify(theirs.user?.[key] ?? NOTHING[key]) === JSON.stringify(mine.user?.[key] ?? NOTHING[key]),
    );
    return same ? undefined : said;
  }
  if (b === 'configuration refused' && UNSUPPORTED.includes(row.name)) return undefined;
  if (b === 'person refused' && STRICTER.includes(row.name)) return undefined;
  // A configuration that is refused at save never sees a person.
  if (a === 'person refused' && b === 'configuration refused') return undefined;
  return LOOSER.includes(row.name) ? undefined : said;
}

describe('Issuers beside Kubernetes’ own authenticator', () => {
  const answers = kubernetes();

  it('are judged on every row of the table, and every listed difference is one', () => {
    expect(answers).toHaveLength(CASES.length);
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
    const counts = new Map<string, number>();
    for (const verdict of answers.map(verdictOf)) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    console.log(`issuer cases: ${CASES.length}; Kubernetes: ${JSON.stringify(Object.fromEntries(counts))}`);
    const differing = CASES.filter(
      (row, at) => verdictOf(answers[at] as Answer) !== verdictOf(ours(entryOf(row), claimsOf(row))),
    );
    for (const name of [...UNSUPPORTED, ...STRICTER, ...LOOSER])
      expect(differing.map((row) => row.name)).toContain(name);
  });

  it.each(CASES.map((row, at) => [row.name, row, answers[at] as Answer] as const))(
    'agree on: %s',
    (_name, row, theirs) => {
      expect(findDisagreement(row, theirs, ours(entryOf(row), claimsOf(row)))).toBeUndefined();
    },
  );

  it('would be told apart: a looser and a different answer are found', () => {
    const row = CASES[0] as IssuerCase;
    const made = answers[0] as Answer;
    expect(findDisagreement(row, { refused: 'no' }, made)).toBeDefined();
    expect(
      findDisagreement(row, made, { user: { ...(made.user as object), username: 'x:other' } as never }),
    ).toBeDefined();
  });
});
