import { commandRequests, type CommandRequest } from './command-requests.ts';
import { COMMANDS, type CommandContext, type KnownCommand } from './known-commands.ts';
import { findKind, type KnownKind } from './known-kinds.ts';
import { readArguments } from './read-arguments.ts';
import { readTargets, targetsOf, type ManifestObject, type Target } from './read-targets.ts';

export type ReadCommand =
  | { readonly ok: true; readonly requests: readonly CommandRequest[] }
  | { readonly ok: false; readonly message: string };

/**
 * The requests that a kubectl command usually makes, from a table of the common commands: for where kubectl itself is
 * not there to be asked. Names that only the cluster knows stand as `one-of-them`.
 * @param args without `kubectl` itself.
 * @param readObjects objects of the files that `-f` names.
 */
export function readCommand(
  args: readonly string[],
  kinds: readonly KnownKind[],
  readObjects: (paths: readonly string[]) => readonly ManifestObject[],
): ReadCommand {
  const { words, flags, rest } = readArguments(args);
  const [name = '', ...others] = words;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined)
    return {
      ok: false,
      message: `without kubectl itself only these commands are known: ${Object.keys(COMMANDS).sort().join(', ')}`,
    };
  const namespace = flags.get('namespace')?.at(-1) ?? 'default';
  const files = flags.get('filename') ?? [];
  const context: CommandContext = { words: others, flags, rest, kinds, namespace, exists: true };
  const targets =
    files.length > 0 && name !== 'logs'
      ? targetsOf(readObjects(files), kinds, namespace)
      : targetsOfWords(command, others.slice(command.subcommands ?? 0), context);
  if (typeof targets === 'string') return { ok: false, message: targets };
  const requests = commandRequests(
    command.requests(targets, context),
    command.requests(targets, { ...context, exists: false }),
  );
  return requests.length > 0
    ? { ok: true, requests }
    : { ok: false, message: `nothing is known of what kubectl ${words.join(' ')} sends` };
}

function targetsOfWords(
  { about }: KnownCommand,
  words: readonly string[],
  context: CommandContext,
): readonly Target[] | string {
  const { kinds, flags, namespace } = context;
  if (about === 'nothing') return [];
  const place = flags.has('all-namespaces') ? undefined : namespace;
  if (about === 'resources')
    return readTargets(
      words.filter((word) => !isSetting(word)),
      kinds,
      place,
    );
  const kind = findKind(about === 'nodes' ? 'nodes' : 'pods', kinds) as KnownKind;
  if (about === 'nodes') return words.map((name) => ({ kind, namespace: undefined, name }));
  // `cp web:/etc/hosts .`, `cp . team-a/web:/tmp`; of others the first word is the pod, or what has pods.
  const remote = words.find((word) => word.includes(':') && !/^\d+:/.test(word));
  const [of] =
    words[0]?.includes('/') && remote === undefined ? [readTargets([words[0]], kinds, namespace)] : [undefined];
  if (of !== undefined) return of;
  const [spelled] = (remote ?? words[0] ?? '').split(':');
  const [name, place2] = (spelled ?? '').split('/').reverse();
  return [{ kind, namespace: place2 ?? namespace, name: name === '' ? undefined : name }];
}

/** `app=web`, `app-`, `a=b:NoSchedule`: no name, but what is to be set. */
const isSetting = (word: string): boolean => word.includes('=') || word.endsWith('-');
