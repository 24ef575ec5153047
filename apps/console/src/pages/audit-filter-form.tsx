import type { FormEvent } from 'react';
import { readForm, type AuditFilter } from '../audit-filter.ts';
import { Link } from '../link.tsx';
import { readerZone, toLocalInput } from '../show-time.ts';

const DECISIONS = ['allow', 'deny', 'refused', 'error'];

/** Narrows the log. Names are matched whole. */
export function AuditFilterForm({
  filter,
  onFilter,
}: {
  filter: AuditFilter;
  onFilter: (filter: AuditFilter) => void;
}) {
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onFilter(readForm(new FormData(event.currentTarget)));
  };
  return (
    <form className="card filters" aria-label="Filter" onSubmit={submit}>
      <label>
        Person
        <input name="user" defaultValue={filter.user} autoComplete="off" spellCheck={false} />
      </label>
      <label>
        Verb
        <input name="verb" defaultValue={filter.verb} autoComplete="off" spellCheck={false} autoCapitalize="off" />
      </label>
      <label>
        Namespace
        <input
          name="namespace"
          defaultValue={filter.namespace}
          autoComplete="off"
          spellCheck={false}
          autoCapitalize="off"
        />
      </label>
      <label>
        Decision
        <select name="decision" defaultValue={filter.decision ?? ''}>
          <option value="">any</option>
          {[...new Set([...DECISIONS, ...(filter.decision ? [filter.decision] : [])])].map((decision) => (
            <option key={decision}>{decision}</option>
          ))}
        </select>
      </label>
      <label>
        Since
        <input name="since" type="datetime-local" step="1" defaultValue={toLocalInput(filter.since)} />
      </label>
      <label>
        Until
        <input name="until" type="datetime-local" step="1" defaultValue={toLocalInput(filter.until)} />
      </label>
      <p className="actions">
        <button type="submit" className="primary">
          Filter
        </button>
        <Link className="button" to="/-/audit">
          Clear
        </Link>
        <span className="quiet">Times are in your zone, {readerZone()}.</span>
      </p>
    </form>
  );
}
