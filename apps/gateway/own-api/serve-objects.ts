import { statusBody } from '#kube';
import { ERRORS, GatehouseError } from '#errors';
import type { OwnApiAnswer, OwnApiRequest } from '#pipeline';
import { findWarningsBetween, splitSecrets, stateOf, validateObject, type ResourceObject } from '#resources';
import type { OwnApiPorts } from './ports.ts';
import { findNewLoopback } from './find-new-loopback.ts';
import { keepsAnAdmin } from './keep-an-admin.ts';
import { readBody } from './read-body.ts';
import type { Preconditions } from './read-delete-options.ts';
import { selectByName } from './read-parameters.ts';

export const json = (statusCode: number, value: unknown, annotations?: Record<string, string>): OwnApiAnswer => ({
  statusCode,
  contentType: 'application/json',
  body: JSON.stringify(value),
  ...(annotations ? { annotations } : {}),
});

/** get, list, create, update and delete of one kind; Kubernetes' own answers for conflicts and faults. */
export async function serveObjects(
  request: OwnApiRequest,
  kind: string,
  ports: OwnApiPorts,
  preconditions: Preconditions,
): Promise<OwnApiAnswer> {
  const { info } = request;
  switch (info.verb) {
    case 'get':
      return json(200, (await withStatus([await existing(kind, info.name, ports)], ports))[0]);
    case 'list': {
      const { items, revision } = await ports.objects.list(kind);
      return json(200, {
        kind: `${kind}List`,
        apiVersion: 'gatehouse.dev/v1alpha1',
        metadata: { resourceVersion: String(revision) },
        items: await withStatus(
          selectByName(info, items, ({ metadata }) => metadata.name),
          ports,
        ),
      });
    }
    case 'create':
    case 'update':
      return await save(request, kind, ports);
    case 'delete':
      return await remove(info, kind, ports, preconditions);
    default:
      throw new GatehouseError(
        'badMethod',
        `${info.resource} can be read, listed, created, updated and deleted; "${info.verb || info.method}" is not supported`,
      );
  }
}

async function remove(
  info: OwnApiRequest['info'],
  kind: string,
  ports: OwnApiPorts,
  { uid, resourceVersion }: Preconditions,
): Promise<OwnApiAnswer> {
  const { object, warnings } = await onOneState(ports, async (objects) => {
    const found = objects.find((each) => each.kind === kind && each.metadata.name === info.name);
    if (!found) throw notThere(kind, info.name);
    if (uid !== undefined && uid !== found.metadata.uid)
      throw new GatehouseError(
        'conflict',
        `${kind} "${info.name}" is another object than the one that is meant (its uid is ${found.metadata.uid}); read it again`,
      );
    const between = await refuseBroken(ports, objects, found, undefined);
    await ports.objects.delete(kind, info.name, resourceVersion, stateOf(objects));
    return { object: found, warnings: between };
  });
  await ports.applied();
  const details = { name: info.name, kind: info.resource, uid: object.metadata.uid };
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
  return { ...json(200, status, changed('delete', object)), warnings };
}

/** Under constant changes by others one of them has to wait for the person to try again. */
const MAX_TRIES = 10;

/**
 * Checks a change against all objects and saves it only while they are the same (`judgedOn` of the store). Two changes
 * that are each good may together leave no admin: whichever is second is checked again.
 */
async function onOneState<T>(
  ports: OwnApiPorts,
  act: (objects: readonly ResourceObject<unknown>[]) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const { objects } = await ports.objects.readAll();
    try {
      return await act(objects);
    } catch (error) {
      const isStale = error instanceof GatehouseError && error.code === 'changedMeanwhile';
      if (!isStale || tries === MAX_TRIES) throw error;
    }
  }
}

/** A Cluster shows how it and its credential are; nothing of it is stored. */
async function withStatus(
  objects: readonly ResourceObject<unknown>[],
  ports: OwnApiPorts,
): Promise<readonly ResourceObject<unknown>[]> {
  if (objects[0]?.kind !== 'Cluster') return objects;
  const reports = await ports.clusterReports();
  return objects.map((object) => {
    const { name } = object.metadata;
    const [rights, health] = [reports.rights[name], reports.health[name]];
    const status = { ...(rights ? { rights } : {}), ...(health ? { health } : {}) };
    return rights || health ? { ...object, status } : object;
  });
}

async function save(request: OwnApiRequest, kind: string, ports: OwnApiPorts): Promise<OwnApiAnswer> {
  const { info } = request;
  const body = await readBody(request);
  const validated = validateObject(body);
  if (!validated.ok) return invalid(info.name || nameIn(body), kind, validated.problems);
  const { object, warnings } = validated;
  if (object.kind !== kind)
    return invalid(info.name, kind, [{ path: 'kind', message: `must be ${kind} at this path` }]);
  const { object: stored, secrets } = splitSecrets(object);
  const known = info.verb === 'create' ? undefined : await ports.objects.get(kind, info.name);
  const loopback = ports.allowLoopback ? [] : findNewLoopback(stored, known);
  if (loopback.length > 0) return invalid(object.metadata.name, kind, loopback);
  if (info.verb === 'create') {
    const created = await onOneState(ports, async (objects) => {
      const between = await refuseBroken(ports, objects, undefined, stored);
      const saved = await ports.objects.create(stored, secrets, stateOf(objects));
      warnings.push(...between);
      return saved;
    });
    await ports.applied();
    return { ...json(201, created, changed('create', created)), warnings };
  }
  if (object.metadata.name !== info.name)
    return invalid(info.name, kind, [{ path: 'metadata.name', message: `must be "${info.name}" as in the path` }]);
  const updated = await onOneState(ports, async (objects) => {
    const before = objects.find((each) => each.kind === kind && each.metadata.name === info.name);
    if (!before) throw notThere(kind, info.name);
    const between = await refuseBroken(ports, objects, before, stored);
    const saved = await ports.objects.update(stored, secrets, object.metadata.resourceVersion, stateOf(objects));
    warnings.push(...between);
    return saved;
  });
  await ports.applied();
  return { ...json(200, updated, changed('update', updated)), warnings };
}

const notThere = (kind: string, name: string): GatehouseError =>
  new GatehouseError('notFound', `there is no ${kind} "${name}"`);

export async function existing(kind: string, name: string, ports: OwnApiPorts): Promise<ResourceObject<unknown>> {
  const object = await ports.objects.get(kind, name);
  if (!object) throw notThere(kind, name);
  return object;
}

/**
 * A change that would not compile, or would leave nobody who can change it back, is not saved.
 * @returns warnings of what it brings about between objects.
 */
async function refuseBroken(
  ports: OwnApiPorts,
  objects: readonly ResourceObject<unknown>[],
  before: ResourceObject<unknown> | undefined,
  after: ResourceObject<unknown> | undefined,
): Promise<string[]> {
  const rest = objects.filter(
    (object) => !before || object.kind !== before.kind || object.metadata.name !== before.metadata.name,
  );
  const next = after ? [...rest, after] : rest;
  try {
    await ports.checkCompiles(next);
  } catch (error) {
    if (error instanceof GatehouseError) throw error;
    throw new GatehouseError('invalid', (error as Error).message, { cause: error });
  }
  if (before && !keepsAnAdmin(next)) {
    throw new GatehouseError(
      'conflict',
      'this would leave nobody who may change access rules; grant it to somebody else first',
    );
  }
  const known = new Set(findWarningsBetween(objects));
  return findWarningsBetween(next).filter((warning) => !known.has(warning));
}

/** Of an object that is being made; its name stands nowhere else. */
function nameIn(body: unknown): string {
  const name = (body as { metadata?: { name?: unknown } | null } | null | undefined)?.metadata?.name;
  return typeof name === 'string' && name.length <= 253 ? name : '';
}

function invalid(name: string, kind: string, problems: readonly { path: string; message: string }[]): OwnApiAnswer {
  const message = `${kind} "${name}" is invalid: ${problems.map((problem) => `${problem.path}: ${problem.message}`).join('; ')}`;
  const details = {
    name,
    kind,
    group: 'gatehouse.dev',
    causes: problems.map(({ path, message: text }) => ({ reason: 'FieldValueInvalid', field: path, message: text })),
  };
  const { status, reason } = ERRORS.invalid;
  return { statusCode: status, contentType: 'application/json', body: statusBody(status, reason, message, details) };
}

export function changed(act: string, object: ResourceObject<unknown>): Record<string, string> {
  return {
    act,
    object: `${object.kind}/${object.metadata.name}`,
    resourceVersion: object.metadata.resourceVersion ?? '',
  };
}
