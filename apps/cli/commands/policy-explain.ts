import { Option, type Command } from 'commander';
import { explainRequest, KUBERNETES_KINDS, showExplanation, type CommandRequest, type KnownKind } from '#advice';
import { reviewAccess } from '#clusters';
import { GATEWAY_CLUSTER } from '#pipeline';
import { API_VERSION, KINDS } from '#resources';
import type { Store } from '#store';
import { findAskedPerson, type PersonOptions } from '../explain/find-asked-person.ts';
import { findRequests, kindsOf, type FoundRequests } from '../explain/find-requests.ts';
import { printAnswer, type Answer, type AnsweredRequest } from '../explain/print-explanation.ts';
import { withSnapshot, type OpenSnapshot } from '../explain/with-snapshot.ts';
import { CliFailure } from '../failure.ts';
import { readConfig, withStore } from '../open-gateway.ts';
import { more } from '../options.ts';
import { visible, type Terminal } from '../terminal.ts';

interface ExplainOptions extends PersonOptions {
  readonly cluster?: string;
  readonly sourceAddress: string;
  readonly offline?: boolean;
  readonly kubectl?: string;
  readonly output: 'text' | 'json';
}

export function addExplain(policy: Command, terminal: Terminal): void {
  policy
    .command('explain')
    .description(
      'show the way of a request: who, mapped to whom, by which rule, and what the cluster itself says; exit code 1 where it is denied',
    )
    .argument('<request...>', 'behind --: a kubectl command, which is not run, or a method and a path')
    .option('--as <name>', 'the user name as the issuer makes it, or a unique short form')
    .option('--issuer <name>', 'name of the Issuer object that the person comes from')
    .option(
      '--group, --groups <name>',
      'a group instead of those that the audit log saw last; may be given more than once',
      more,
      [],
    )
    .addOption(
      new Option('--token-file <path>', 'the person of this ID token instead; - for standard input').conflicts('as'),
    )
    .option('--cluster <name>', 'name of the Cluster object; else the default one')
    .option('--source-address <address>', 'where the request comes from, for rules with sourceAddresses', '')
    .option('--offline', 'ask no cluster: not what its RBAC says, nor which resources it has')
    .option(
      '--kubectl <path>',
      'the kubectl to ask what it sends (default: that of the PATH); "none" for a table of common commands',
    )
    .addOption(new Option('-o, --output <format>').choices(['text', 'json']).default('text'))
    .action(async (words: string[], options: ExplainOptions & { groups: string[] }, command: Command) => {
      if (options.as === undefined && options.tokenFile === undefined)
        command.error('error: give --as or --token-file');
      const config = readConfig(terminal, command.optsWithGlobals<{ config?: string }>().config);
      const answer = await withStore(
        terminal,
        config,
        async (store) =>
          await withSnapshot(
            config,
            store,
            terminal.now,
            async (open) => await explain(terminal, store, open, words, { ...options, group: options.groups }),
          ),
      );
      if (options.output === 'json') terminal.out(JSON.stringify(answer, undefined, 2));
      else for (const line of printAnswer(answer)) terminal.out(line);
      if (!answer.allowed) throw new CliFailure(visible(`${answer.requests[0]?.person.user ?? ''} may not do this`));
    });
}

async function explain(
  terminal: Terminal,
  store: Store,
  open: OpenSnapshot,
  words: readonly string[],
  options: ExplainOptions,
): Promise<Answer> {
  const { snapshot, ownCalls } = open;
  const person = await findAskedPerson(terminal, store, snapshot, options);
  const asked = options.cluster ?? snapshot.defaultCluster ?? '';
  const found = await findRequests(words, {
    kubectl: options.kubectl,
    path: terminal.env.PATH ?? '',
    kinds: async () =>
      asked === GATEWAY_CLUSTER
        ? OWN_KINDS
        : await kindsOf(options.offline ? undefined : open.cluster(asked), ownCalls),
  });
  const cluster = found.cluster ?? asked;
  if (cluster === '') throw new CliFailure('no cluster is the default one; give --cluster');
  const connection = open.cluster(cluster);
  const requests: AnsweredRequest[] = [];
  for (const request of found.requests) {
    const explanation = await explainRequest(
      { ...request, cluster, identity: person.identity, sourceAddress: options.sourceAddress, nowMs: terminal.now() },
      snapshot,
      {
        mapping: { findStoredToken: store.storedTokens.find.bind(store.storedTokens) },
        upstream: () => connection,
        ...(options.offline || connection === undefined
          ? {}
          : {
              reviewAccess: async (grant, info, verb) => ({
                verb,
                ...(await reviewAccess(connection, grant, info, verb, ownCalls)),
              }),
            }),
      },
    );
    requests.push({ when: request.when, ...showExplanation(explanation) });
  }
  return {
    known: person.known,
    claims: person.claims,
    notes: found.notes,
    requests,
    allowed: isAllowed(found, requests),
  };
}

/** All that a command sends must be allowed; of a stream, one of its two ways. */
function isAllowed({ requests: sent }: FoundRequests, answers: readonly AnsweredRequest[]): boolean {
  const isFallbackOf = (one: CommandRequest | undefined, other: CommandRequest): boolean =>
    one?.when === 'where the one before is refused' && one.target === other.target;
  return answers.every(({ allowed, when }, at) => {
    if (allowed || when === 'where the one before is refused') return true;
    return sent.some((other, index) => isFallbackOf(other, sent[at] as CommandRequest) && answers[index]?.allowed);
  });
}

/** The gateway's own objects, as its API serves them. */
const OWN_KINDS: readonly KnownKind[] = [
  ...[...KINDS, { kind: 'AuditEvent', plural: 'auditevents' }].map(({ kind, plural }): KnownKind => {
    const [group = '', version = ''] = API_VERSION.split('/');
    return { group, version, resource: plural, kind, namespaced: false, shortNames: [] };
  }),
  ...KUBERNETES_KINDS,
];
