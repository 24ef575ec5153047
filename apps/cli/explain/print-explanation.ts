import { isDeepStrictEqual } from 'node:util';
import type { ShownExplanation, ShownMapping } from '#advice';
import { table, visible } from '../terminal.ts';

export interface AnsweredRequest extends ShownExplanation {
  /** When a command makes it; '' for always. */
  readonly when: string;
}

export interface Answer {
  /** How it is known who the person is. */
  readonly known: string;
  /** Which claims make the names, as sentences. */
  readonly claims: readonly string[];
  readonly notes: readonly string[];
  readonly requests: readonly AnsweredRequest[];
  readonly allowed: boolean;
}

const WIDTH = 10;

/** The way of each request, in order. A reader's terminal never obeys what stood in it. */
export function printAnswer({ known, claims, notes, requests, allowed }: Answer): string[] {
  const [first] = requests;
  const { user = '', issuer = '', groups = [] } = first?.person ?? {};
  return [
    ...lines('person', [`${user} (issuer ${issuer})`, known]),
    ...lines('groups', [groups.join(', ') || 'none']),
    ...lines('claims', claims),
    ...notes.flatMap((note) => lines('note', [note])),
    ...requests.flatMap((request, at) => ['', ...printRequest(request, requests[at - 1])]),
    '',
    allowed ? 'ALLOWED' : 'DENIED',
  ];
}

function printRequest(request: AnsweredRequest, before: AnsweredRequest | undefined): string[] {
  const { method, target, when, cluster, reads, refusal, mapping, decision, headers, rbac } = request;
  return [
    visible(`${method} ${target}${when === '' ? '' : `   (${when})`}`),
    ...lines('reads as', [refusal === undefined ? `${reads ?? ''} on ${cluster}` : `refused: ${refusal}`]),
    ...(mapping
      ? lines(
          'mapping',
          isDeepStrictEqual(mapping, before?.mapping)
            ? ['as before']
            : [...describeMapping(mapping), ...describeOthers(request)],
        )
      : []),
    ...lines('rules', printRules(request)),
    ...(decision
      ? lines('decision', [
          decision.reason,
          ...decision.reported.map(
            ({ rule, effect }) => `Report: ${rule} would ${effect === 'Deny' ? 'deny' : 'allow'} it`,
          ),
        ])
      : []),
    ...lines('sent', headers ? headers.map(([name, value]) => `${name}: ${value}`) : ['nothing']),
    ...rbac.flatMap(({ verb, allowed, says }) =>
      lines('RBAC', [
        `${verb}: ${allowed === undefined ? says : `${allowed ? 'allowed' : 'denied'}${says === '' ? '' : `, ${says}`}`}`,
      ]),
    ),
    ...lines('verdict', [request.allowed ? 'allowed' : `denied ${BY[request.refusedBy ?? 'rules']}`]),
  ];
}

const BY = {
  bytes: 'before anything is asked: the target is not accepted',
  cluster: 'as there is no such cluster',
  mapping: 'by the mappings',
  rules: 'by the access rules',
  rbac: 'by the cluster’s own RBAC',
} as const;

function describeMapping(mapping: ShownMapping): string[] {
  if ('refused' in mapping) return [mapping.refused];
  const { name, mode, user, groups, uid, extra = {} } = mapping;
  return [
    `${name}: ${MODES[mode]} ${user}`,
    ...(groups.length > 0 ? [`groups ${groups.join(', ')}`] : []),
    ...(uid === undefined ? [] : [`uid ${uid}`]),
    ...Object.entries(extra).map(([key, values]) => `extra ${key}: ${values.join(', ')}`),
  ];
}

const describeOthers = ({ otherMappings, unjudgedMappings }: ShownExplanation): string[] => [
  ...otherMappings.map(({ name, by }) => `not ${name}, ${PASSED_OVER[by]}`),
  ...unjudgedMappings.map(({ mapping, problem }) => `not ${mapping}, whose expression cannot be judged: ${problem}`),
];

const PASSED_OVER = {
  user: 'which names the user too and comes later by name',
  group: 'which names a group',
  expression: 'which has an expression over claims',
  issuer: 'which is for everybody of the issuer',
} as const;

const MODES = {
  impersonate: 'the gateway speaks for',
  storedToken: 'with a stored token, as',
  serviceAccount: 'with a token of a service account, as',
} as const;

function printRules({ rules, rulesForOthers }: ShownExplanation): string[] {
  const rows = rules.map(({ rule, effect, mode, matched, decides, why = '' }) => [
    decides ? '→' : ' ',
    rule,
    mode === 'Report' ? `${effect} (Report)` : effect,
    matched ? 'fits' : why,
  ]);
  const others = rulesForOthers === 0 ? [] : [`and ${rulesForOthers} for other people or clusters`];
  return [...(rows.length > 0 ? table(rows) : []), ...others];
}

/** A label, and its lines below each other. */
function lines(label: string, texts: readonly string[]): string[] {
  return texts.map((text, at) => `  ${(at === 0 ? label : '').padEnd(WIDTH)}${visible(text)}`);
}
