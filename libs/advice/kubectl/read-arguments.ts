/** Flags that take a value as the next word. All others are switches, or carry it behind `=`. */
const WITH_VALUE = new Set(
  `-n --namespace -o --output -l --selector --field-selector -c --container -f --filename -k --kustomize --tail --since
   --since-time --limit-bytes --replicas --timeout --for --image --port --target-port --type -p --patch --patch-file
   --subresource --raw --chunk-size --sort-by -L --label-columns --grace-period --cascade --field-manager --max --min
   --cpu-percent --from --from-literal --from-file --from-env-file --verb --resource --resource-name --clusterrole --role
   --serviceaccount --user --group --duration --revision --to-revision --template --name --protocol --restart --env
   --labels --annotations --overrides --max-log-requests --pod-running-timeout --request-timeout --cache-dir -v --v
   --address --target --profile --copy-to --schedule --class --rule --docker-server --docker-username --docker-password
   --key --cert --audience --dry-run-strategy --current-replicas --resource-version --pod-selector --username`
    .trim()
    .split(/\s+/),
);

export interface KubectlArguments {
  /** Words that are no flags: the command, its subcommand, what it is about. */
  readonly words: readonly string[];
  /** By their long names, without dashes; a switch has the value `true`. Repeated ones are all there. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  /** What stands behind `--`. */
  readonly rest: readonly string[];
}

const LONG: Readonly<Record<string, string>> = {
  n: 'namespace',
  o: 'output',
  l: 'selector',
  c: 'container',
  f: 'filename',
  k: 'kustomize',
  p: 'patch',
  A: 'all-namespaces',
  w: 'watch',
  i: 'stdin',
  t: 'tty',
};

/** Splits a command line of kubectl, as far as that goes without knowing each command: `-f` and `-p` of logs take no value. */
export function readArguments(args: readonly string[]): KubectlArguments {
  const end = args.indexOf('--');
  const own = args.slice(0, end < 0 ? undefined : end);
  const words: string[] = [];
  const flags = new Map<string, string[]>();
  const put = (name: string, value: string): void => void flags.set(name, [...(flags.get(name) ?? []), value]);
  for (let at = 0; at < own.length; at++) {
    const word = own[at] as string;
    const long = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(word);
    const short = /^-([a-zA-Z])(.*)$/s.exec(word);
    if (long === null && short === null) {
      words.push(word);
      continue;
    }
    const name = long ? (long[1] as string) : (LONG[short?.[1] ?? ''] ?? (short?.[1] as string));
    const joined = long ? long[2] : short?.[2]?.replace(/^=/, '');
    const isSwitch = words[0] === 'logs' && (short?.[1] === 'f' || short?.[1] === 'p');
    const takesValue = WITH_VALUE.has(long ? `--${name}` : `-${short?.[1]}`) && !isSwitch;
    if (joined !== undefined && joined !== '' && (takesValue || long)) put(name, joined);
    else if (takesValue && own[at + 1] !== undefined) put(name, own[++at] as string);
    else
      for (const letter of long ? [name] : (word.slice(1).split('') as string[]))
        put(long ? letter : (LONG[letter] ?? letter), 'true');
  }
  return { words, flags, rest: end < 0 ? [] : args.slice(end + 1) };
}
