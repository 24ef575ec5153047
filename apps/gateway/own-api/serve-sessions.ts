import { GatehouseError } from '#errors';
import type { OwnApiAnswer, OwnApiRequest } from '#pipeline';
import type { Sessions, SessionView } from '../people/sessions.ts';
import { API_GROUP, API_VERSION } from './resource-names.ts';

export interface SessionPorts {
  readonly sessions: Sessions;
}

const apiVersion = `${API_GROUP}/${API_VERSION}`;
const json = (value: unknown, annotations?: Record<string, string>): OwnApiAnswer => ({
  statusCode: 200,
  contentType: 'application/json',
  body: JSON.stringify(value),
  ...(annotations ? { annotations } : {}),
});

/** Fields of a session that a fieldSelector may name. */
const SELECTABLE = {
  'metadata.name': (session: SessionView) => session.id,
  'status.username': (session: SessionView) => session.username,
  'status.issuer': (session: SessionView) => session.issuer,
  'status.subject': (session: SessionView) => session.subject,
} as const;

/**
 * `sessions`: everybody's browser sessions; an admin may end one, or with a fieldSelector all of a person
 * (`kubectl delete sessions --field-selector status.username=demo:alice`). What they have open is cut.
 */
export async function serveSessions({ info }: OwnApiRequest, { sessions }: SessionPorts): Promise<OwnApiAnswer> {
  const { verb, name } = info;
  if (verb === 'list' || verb === 'deletecollection') {
    const meets = readSelector(info.target);
    if (verb === 'list') {
      const found = (await sessions.list({})).filter(meets ?? (() => true));
      return json({ kind: 'SessionList', apiVersion, metadata: {}, items: found.map(toObject) });
    }
    // Everybody at once is hardly ever meant; whoever means it ends them person by person.
    if (!meets) throw new GatehouseError('badRequest', `say whose: fieldSelector=status.username=…`);
    return await endAll((await sessions.list({})).filter(meets), sessions);
  }
  if (verb !== 'get' && verb !== 'delete')
    throw new GatehouseError('badMethod', `sessions can be read and deleted, not ${verb}`);
  const [found] = await sessions.list({ id: name });
  if (!found) throw new GatehouseError('notFound', `there is no Session "${name}"`);
  if (verb === 'get') return json(toObject(found));
  await sessions.end({ id: name });
  const { username } = found;
  return json(
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name, kind: 'sessions' } },
    { act: 'end', object: `Session/${name}`, owner: username },
  );
}

async function endAll(found: readonly SessionView[], sessions: Sessions): Promise<OwnApiAnswer> {
  for (const { id } of found) await sessions.end({ id });
  return json(
    { kind: 'SessionList', apiVersion, metadata: {}, items: found.map(toObject) },
    {
      act: 'end',
      object: `Session/${found.length} of them`,
      owner: [...new Set(found.map(({ username }) => username))].join(' '),
    },
  );
}

/** @returns undefined where there is none. @throws GatehouseError badRequest: a term that is ignored would end others' sessions. */
function readSelector(target: string): ((session: SessionView) => boolean) | undefined {
  const query = new URLSearchParams(target.split('?')[1] ?? '');
  const text = query.get('fieldSelector') ?? '';
  if (text === '') return undefined;
  const terms = (text.match(/(?:\\.|[^,\\])+/g) ?? []).map((term) => {
    const [, field = '', escaped = ''] = /^([^=!]+)==?([^=].*)$/.exec(term) ?? [];
    // As Kubernetes escapes them: a subject of LDAP is full of commas.
    const value = escaped.replace(/\\([\\,=])/g, '$1');
    if (!Object.hasOwn(SELECTABLE, field))
      throw new GatehouseError(
        'badRequest',
        `a fieldSelector of sessions is field=value, with a field of ${Object.keys(SELECTABLE).join(', ')}`,
      );
    const read = SELECTABLE[field as keyof typeof SELECTABLE];
    return (session: SessionView) => read(session) === value;
  });
  return (session) => terms.every((meets) => meets(session));
}

function toObject({ id, createdAt, lastSeenAt, ...session }: SessionView): object {
  return {
    kind: 'Session',
    apiVersion,
    metadata: { name: id, creationTimestamp: createdAt.replace(/\.\d+Z$/, 'Z') },
    status: { ...session, lastSeen: lastSeenAt },
  };
}
