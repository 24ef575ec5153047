import { checkLearning } from './access-rule-schema.ts';
import { closestWord } from './closest-word.ts';
import { findWarnings } from './find-warnings.ts';
import { importKubeconfig } from './import-kubeconfig.ts';
import { API_VERSION, KINDS, type AccessRuleSpec } from './kinds.ts';
import { readProblems } from './read-problems.ts';
import type { Problem, ResourceObject } from './resource-object.ts';

export type ValidatedObject =
  | { readonly ok: true; readonly object: ResourceObject; readonly warnings: string[] }
  | { readonly ok: false; readonly problems: Problem[] };

type Fields = Readonly<Record<string, unknown>>;

/** kubectl keeps the whole manifest in it, secrets and all. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Judges an object from anywhere. All problems at once, each with its field and what would be right; unknown keys are
 * problems. On success defaults are filled, a kubeconfig is taken apart into server, CA and credential, `status` is
 * dropped. Secrets are still in it: see `splitSecrets`. No message repeats a value that could be one.
 * @param nowMs Unix milliseconds; what must end soon is measured from then.
 */
export function validateObject(input: unknown, nowMs = Date.now()): ValidatedObject {
  if (!isFields(input))
    return {
      ok: false,
      problems: [{ path: '', message: 'must be an object with apiVersion, kind, metadata and spec' }],
    };
  const names = KINDS.map(({ kind }) => kind);
  const kind = KINDS.find((entry) => entry.kind === input.kind);
  if (!kind) {
    const meant = typeof input.kind === 'string' ? closestWord(input.kind, names) : undefined;
    const problems = [
      { path: 'kind', message: meant ? `is unknown; did you mean ${meant}?` : `must be one of ${names.join(', ')}` },
    ];
    if (input.apiVersion !== API_VERSION) problems.unshift({ path: 'apiVersion', message: `must be ${API_VERSION}` });
    return { ok: false, problems };
  }
  const { value, problems } = kind.kind === 'Cluster' ? unfoldKubeconfig(input) : { value: input, problems: [] };
  const parsed = kind.schema.safeParse(value);
  if (!parsed.success) problems.push(...readProblems(parsed.error, kind.schema, value));
  if (problems.length > 0 || !parsed.success) return { ok: false, problems };
  const object = tidy(parsed.data as ResourceObject);
  if (kind.kind === 'AccessRule') problems.push(...checkLearning(object.spec as AccessRuleSpec, nowMs));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, object, warnings: findWarnings(object, nowMs) };
}

/** Server, CA and TLS name of the kubeconfig fill what the spec leaves out. */
function unfoldKubeconfig(input: Fields): { value: Fields; problems: Problem[] } {
  const spec = isFields(input.spec) ? input.spec : undefined;
  const credential = spec && isFields(spec.credential) ? spec.credential : undefined;
  if (!spec || typeof credential?.kubeconfig !== 'string') return { value: input, problems: [] };
  const { kubeconfig, context, ...others } = credential;
  const read = importKubeconfig(kubeconfig, typeof context === 'string' ? context : undefined);
  if (!read.ok)
    return {
      value: input,
      problems: read.problems.map((message) => ({ path: 'spec.credential.kubeconfig', message })),
    };
  const { server, certificateAuthorityData, tlsServerName, credential: imported } = read.imported;
  const filled = Object.entries({ server, certificateAuthorityData, tlsServerName }).filter(
    ([, entry]) => entry !== undefined,
  );
  return {
    value: { ...input, spec: { ...Object.fromEntries(filled), ...spec, credential: { ...imported, ...others } } },
    problems: [],
  };
}

function tidy(object: ResourceObject): ResourceObject {
  const { creationTimestamp, annotations, ...metadata } = object.metadata;
  const kept = Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => key !== LAST_APPLIED));
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      ...metadata,
      ...(creationTimestamp ? { creationTimestamp } : {}),
      ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}),
    },
    spec: object.spec,
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
