import { readYaml } from './read-yaml.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One Issuer as a manifest, not validated yet, and what of its entry could not be carried over. */
export interface ImportedIssuer {
  readonly manifest: {
    readonly apiVersion: string;
    readonly kind: 'Issuer';
    readonly metadata: { readonly name: string };
    readonly spec: Fields;
  };
  readonly warnings: readonly string[];
}

export type ImportedAuthentication =
  | { readonly ok: true; readonly issuers: readonly ImportedIssuer[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] };

const GROUP = 'apiserver.config.k8s.io/';

/**
 * Takes the `jwt[]` entries of an AuthenticationConfiguration (`kube-apiserver --authentication-config`) as Issuers:
 * they have the same shape. Names come from the host and path of each url.
 */
export function importAuthenticationConfig(text: string): ImportedAuthentication {
  const yaml = readYaml(text);
  const [fault] = yaml.problems;
  if (fault) return { ok: false, problems: [`line ${fault.line} ${fault.message}`] };
  const config = asFields(yaml.documents[0]?.value);
  if (!config || yaml.documents.length !== 1 || config.kind !== 'AuthenticationConfiguration')
    return { ok: false, problems: ['must be one AuthenticationConfiguration document'] };
  if (typeof config.apiVersion !== 'string' || !config.apiVersion.startsWith(GROUP))
    return { ok: false, problems: [`must have an apiVersion that begins with ${GROUP}`] };
  if (!Array.isArray(config.jwt) || config.jwt.length === 0)
    return { ok: false, problems: ['has no jwt entries, so there is no issuer in it'] };

  const problems: string[] = [];
  const taken = new Set<string>();
  const issuers: ImportedIssuer[] = [];
  for (const [at, value] of config.jwt.entries()) {
    const entry = asFields(value);
    const issuer = asFields(entry?.issuer);
    if (!entry || !issuer || typeof issuer.url !== 'string') {
      problems.push(`jwt[${at}].issuer.url: is missing`);
      continue;
    }
    const warnings: string[] = [];
    const { egressSelectorType, ...rest } = issuer;
    if (egressSelectorType !== undefined && egressSelectorType !== '')
      warnings.push(`jwt[${at}].issuer.egressSelectorType is left out: the gateway connects to the issuer directly`);
    const name = nameOf(issuer.url, taken);
    issuers.push({
      manifest: {
        apiVersion: 'gatehouse.dev/v1alpha1',
        kind: 'Issuer',
        metadata: { name },
        spec: { ...entry, issuer: rest },
      },
      warnings,
    });
  }
  if (problems.length > 0) return { ok: false, problems };
  const anonymous = asFields(config.anonymous);
  const warnings =
    anonymous?.enabled === true ? ['anonymous is left out: nobody passes this gateway without a credential'] : [];
  return { ok: true, issuers, warnings };
}

/** `https://login.example.com/realms/Dev` → `login.example.com-realms-dev`; a number where that is taken. */
function nameOf(url: string, taken: Set<string>): string {
  const plain = url
    .replace(/^[a-z]+:\/\//i, '')
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[^a-z0-9]+|(?<![^a-z0-9])[^a-z0-9]+$/g, '')
    .slice(0, 60)
    .replace(/(?<![^a-z0-9])[^a-z0-9]+$/, '');
  let name = plain || 'issuer';
  for (let number = 2; taken.has(name); number++) name = `${plain || 'issuer'}-${number}`;
  taken.add(name);
  return name;
}

const asFields = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
