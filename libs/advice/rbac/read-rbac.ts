import { readProblems, readYaml } from '#resources';
import { bindingSchema, roleSchema, type RbacBinding, type RbacRole } from './rbac-objects.ts';

export interface ReadRbac {
  readonly roles: readonly RbacRole[];
  readonly bindings: readonly RbacBinding[];
  /** Kinds that are not RBAC's, each with how many there were. */
  readonly passedOver: ReadonlyMap<string, number>;
  /** `roles.yaml, document 2 (line 14): roleRef.name is required`; none of the input is used then. */
  readonly problems: readonly string[];
}

const GROUP = 'rbac.authorization.k8s.io/';

/**
 * Reads Roles, ClusterRoles and their bindings from YAML or JSON: several documents, and Lists as `kubectl get` prints
 * them. An object of RBAC that cannot be read is a problem: half a role is another role.
 */
export function readRbac(text: string, source: string): ReadRbac {
  const yaml = readYaml(text);
  const problems = yaml.problems.map(({ line, message }) => `${source} (line ${line}): ${message}`);
  const roles: RbacRole[] = [];
  const bindings: RbacBinding[] = [];
  const passedOver = new Map<string, number>();
  for (const [index, { line, value }] of yaml.documents.entries()) {
    for (const entry of entriesOf(value)) {
      const { apiVersion, kind } = entry;
      const schema = schemaOf(kind);
      if (schema === undefined || typeof apiVersion !== 'string' || !apiVersion.startsWith(GROUP)) {
        const name = typeof kind === 'string' ? kind : 'no kind';
        passedOver.set(name, (passedOver.get(name) ?? 0) + 1);
        continue;
      }
      const parsed = schema.safeParse(entry);
      if (!parsed.success) {
        const at = `${source}, document ${index + 1} (line ${line}), ${String(kind)}${nameOf(entry)}`;
        problems.push(
          ...readProblems(parsed.error, schema, entry).map(({ path, message }) => `${at}: ${path} ${message}`),
        );
      } else if ('roleRef' in parsed.data) bindings.push(parsed.data);
      else roles.push(parsed.data);
    }
  }
  return { roles, bindings, passedOver, problems };
}

function schemaOf(kind: unknown): typeof roleSchema | typeof bindingSchema | undefined {
  if (kind === 'Role' || kind === 'ClusterRole') return roleSchema;
  return kind === 'RoleBinding' || kind === 'ClusterRoleBinding' ? bindingSchema : undefined;
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A typed list (`RoleList`) leaves kind and apiVersion out of its items. */
function entriesOf(value: unknown): Fields[] {
  if (!isFields(value)) return [{}];
  const { kind, apiVersion, items } = value;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [value];
  const ofItems = kind === 'List' ? {} : { kind: kind.slice(0, -'List'.length), apiVersion };
  return items.map((item) => (isFields(item) ? { ...ofItems, ...item } : {}));
}

function nameOf({ metadata }: Fields): string {
  return isFields(metadata) && typeof metadata.name === 'string' ? ` ${JSON.stringify(metadata.name)}` : '';
}
