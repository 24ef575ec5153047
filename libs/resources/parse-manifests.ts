import { readYaml } from './read-yaml.ts';
import type { Problem, ResourceObject } from './resource-object.ts';
import { validateObject } from './validate-object.ts';

export interface ManifestProblem extends Problem {
  /** File and document, as `rules.yaml, document 2 (line 14)`. */
  readonly source: string;
}

export interface Manifest {
  readonly source: string;
  readonly object: ResourceObject;
  readonly warnings: readonly string[];
}

export interface ParsedManifests {
  /** In the order of the text; those with problems are left out. */
  readonly manifests: readonly Manifest[];
  readonly problems: readonly ManifestProblem[];
}

export interface ManifestOrigin {
  /** Shown in problems. */
  readonly source: string;
  /** Reads the file that a Cluster's `kubeconfigFile` names. Absent: such a Cluster is refused. */
  readonly readKubeconfig?: (path: string) => string;
}

type Fields = Record<string, unknown>;

/**
 * Reads objects from YAML or JSON text: several documents, and `kind: List`, as `kubectl get -o yaml` prints it. Every
 * document is judged, whatever is wrong with the others.
 */
export function parseManifests(text: string, origin: ManifestOrigin): ParsedManifests {
  const yaml = readYaml(text);
  const problems: ManifestProblem[] = yaml.problems.map(({ line, message }) => ({
    source: `${origin.source} (line ${line})`,
    path: '',
    message,
  }));
  const manifests: Manifest[] = [];
  for (const [index, { line, value }] of yaml.documents.entries()) {
    const source = `${origin.source}, document ${index + 1} (line ${line})`;
    for (const entry of entriesOf(value)) {
      const inlined = inlineKubeconfig(entry, origin.readKubeconfig);
      if (!inlined.ok) {
        problems.push({ source, path: 'spec.credential.kubeconfigFile', message: inlined.message });
        continue;
      }
      const validated = validateObject(inlined.value);
      if (validated.ok) manifests.push({ source, object: validated.object, warnings: validated.warnings });
      else problems.push(...validated.problems.map((problem) => ({ source: `${source}${named(entry)}`, ...problem })));
    }
  }
  return { manifests, problems };
}

function entriesOf(value: unknown): unknown[] {
  const { kind, items } = isFields(value) ? value : {};
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : [value];
}

function inlineKubeconfig(
  value: unknown,
  read: ManifestOrigin['readKubeconfig'],
): { ok: true; value: unknown } | { ok: false; message: string } {
  const spec = isFields(value) && value.kind === 'Cluster' && isFields(value.spec) ? value.spec : undefined;
  const credential = spec && isFields(spec.credential) ? spec.credential : undefined;
  if (!read || typeof credential?.kubeconfigFile !== 'string' || credential.kubeconfig !== undefined)
    return { ok: true, value };
  const { kubeconfigFile, ...others } = credential;
  try {
    return {
      ok: true,
      value: { ...(value as Fields), spec: { ...spec, credential: { ...others, kubeconfig: read(kubeconfigFile) } } },
    };
  } catch (error) {
    return { ok: false, message: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})` };
  }
}

function named(value: unknown): string {
  const metadata = isFields(value) ? value.metadata : undefined;
  const name = isFields(metadata) && typeof metadata.name === 'string' ? metadata.name : undefined;
  const kind = isFields(value) && typeof value.kind === 'string' ? value.kind : undefined;
  return kind && name ? `, ${kind} ${JSON.stringify(name)}` : '';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
