import { useState } from 'react';
import { api } from '../api.ts';
import { readFilter, toApiQuery, writeFilter } from '../audit-filter.ts';
import { Failure } from '../failure.tsx';
import { PageHeading } from '../page-heading.tsx';
import { goTo, useLocation } from '../router.ts';
import { useLoaded } from '../use-loaded.ts';
import { AuditFilterForm } from './audit-filter-form.tsx';
import { AuditTable } from './audit-table.tsx';

const PAGE = 50;

/** The log, newest first. The filter lives in the URL, so that a view can be shared. */
export function AuditPage() {
  const { search } = useLocation();
  const [trail, setTrail] = useState<{ search: string; pages: string[] }>({ search, pages: [] });
  const pages = trail.search === search ? trail.pages : [];
  const next = pages.at(-1);
  const { loaded, busy, reload } = useLoaded(`${search} ${next ?? ''}`, () =>
    api.auditEvents(toApiQuery(readFilter(search), PAGE, next)),
  );
  const older = loaded.state === 'ready' ? loaded.value.metadata.continue : undefined;
  return (
    <>
      <PageHeading title="Audit log" />
      <AuditFilterForm
        search={search}
        filter={readFilter(search)}
        onFilter={(filter) => {
          setTrail({ search, pages: [] });
          goTo(`/-/audit${writeFilter(filter)}`);
          reload();
        }}
      />
      <p role="status">
        {busy
          ? 'Loading…'
          : count(loaded.state === 'ready' ? loaded.value.items.length : undefined, pages.length, older)}
      </p>
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && loaded.value.items.length > 0 && (
        <AuditTable events={loaded.value.items} busy={busy} />
      )}
      {(pages.length > 0 || older) && (
        <p className="actions">
          <button
            type="button"
            disabled={busy || pages.length === 0}
            onClick={() => setTrail({ search, pages: pages.slice(0, -1) })}
          >
            Newer
          </button>
          <button
            type="button"
            disabled={busy || !older}
            onClick={() => older && setTrail({ search, pages: [...pages, older] })}
          >
            Older
          </button>
        </p>
      )}
    </>
  );
}

function count(shown: number | undefined, page: number, older: string | undefined): string {
  if (shown === undefined) return '';
  if (shown === 0) return 'Nothing in the log matches.';
  const range = `${page * PAGE + 1} to ${page * PAGE + shown}`;
  return `Requests ${range}${older ? ', and there are older ones' : ''}. Newest first.`;
}
