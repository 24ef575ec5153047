import { Fragment, useState, type FormEvent } from 'react';
import { api } from '../api.ts';
import { readFilter, toApiQuery, writeFilter, type AuditFilter } from '../audit-filter.ts';
import { Failure } from '../failure.tsx';
import { goTo, useLocation } from '../router.ts';
import { showText } from '../show-text.ts';
import type { AuditEvent, List } from '../types.ts';
import { useLoaded } from '../use-loaded.ts';

const PAGE = 50;

/** The log, newest first. The filter lives in the URL, so that a view can be shared. */
export function AuditPage() {
  const { search } = useLocation();
  const [pages, setPages] = useState<{ search: string; continues: string[] }>({ search, continues: [] });
  const continues = pages.search === search ? pages.continues : [];
  const next = continues.at(-1);
  const { loaded, reload } = useLoaded(`${search} ${next ?? ''}`, () => api.list<List<AuditEvent>>('auditevents', toApiQuery(readFilter(search), PAGE, next)));
  const more = loaded.state === 'ready' ? loaded.value.metadata.continue : undefined;
  return (
    <section>
      <h1>Audit log</h1>
      <FilterForm key={search} filter={readFilter(search)} reload={reload} />
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && <Events events={loaded.value.items} />}
      <p>
        {continues.length > 0 && <button type="button" onClick={() => setPages({ search, continues: continues.slice(0, -1) })}>Newer</button>}
        {more && <button type="button" onClick={() => setPages({ search, continues: [...continues, more] })}>Older</button>}
      </p>
    </section>
  );
}

function FilterForm({ filter, reload }: { filter: AuditFilter; reload: () => void }) {
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const wanted = Object.fromEntries([...data].map(([key, value]) => [key, String(value)])) as AuditFilter;
    goTo(`/-/audit${writeFilter(wanted)}`);
    reload();
  };
  const text = (label: string, name: keyof AuditFilter, type = 'text') => (
    <label>
      {label}
      <input name={name} type={type} defaultValue={filter[name]} />
    </label>
  );
  return (
    <form className="filters" onSubmit={submit}>
      {text('Person', 'user')}
      {text('Verb', 'verb')}
      {text('Namespace', 'namespace')}
      <label>
        Decision
        <select name="decision" defaultValue={filter.decision ?? ''}>
          <option value="">any</option>
          <option>allow</option>
          <option>deny</option>
          <option>refused</option>
          <option>error</option>
        </select>
      </label>
      {text('Since', 'since', 'datetime-local')}
      {text('Until', 'until', 'datetime-local')}
      <button type="submit" className="primary">Filter</button>
    </form>
  );
}

function Events({ events }: { events: AuditEvent[] }) {
  const [open, setOpen] = useState<string>();
  if (events.length === 0) return <p>Nothing in the log matches.</p>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Person</th>
          <th scope="col">Cluster</th>
          <th scope="col">Verb</th>
          <th scope="col">What</th>
          <th scope="col">Decision</th>
          <th scope="col">Status</th>
          <th scope="col">From</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => {
          const note = (name: string): string => event.annotations?.[`gatehouse.dev/${name}`] ?? '';
          const decision = note('decision');
          return (
            <Fragment key={event.auditID}>
              <tr>
                <td>
                  <button type="button" className="link" aria-expanded={open === event.auditID} onClick={() => setOpen(open === event.auditID ? undefined : event.auditID)}>
                    {new Date(event.requestReceivedTimestamp).toLocaleString()}
                  </button>
                </td>
                <td>{showText(event.user.username || 'nobody')}</td>
                <td>{showText(note('cluster'))}</td>
                <td>{showText(event.verb)}</td>
                <td>{showText(describe(event))}</td>
                <td className={decision === 'allow' ? '' : 'bad'}>
                  {showText(decision)} {note('rule') && <small>{showText(note('rule'))}</small>}
                </td>
                <td>{event.responseStatus?.code || 'open'}</td>
                <td>{showText(event.sourceIPs?.[0] ?? '')}</td>
              </tr>
              {open === event.auditID && (
                <tr>
                  <td colSpan={8}>
                    <p>{showText(note('reason'))}</p>
                    <pre>{JSON.stringify(event, null, 2)}</pre>
                  </td>
                </tr>
              )}
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}

/** `namespace/pods/exec web`, or the path. */
function describe(event: AuditEvent): string {
  const { objectRef } = event;
  if (!objectRef?.resource) return event.requestURI;
  const resource = [objectRef.namespace, objectRef.resource, objectRef.subresource].filter(Boolean).join('/');
  return objectRef.name ? `${resource} ${objectRef.name}` : resource;
}
