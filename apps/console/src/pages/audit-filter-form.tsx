import { useState, type FormEvent } from 'react';
import { readForm, type AuditFilter } from '../audit-filter.ts';
import { readerZone, toLocalInput } from '../show-time.ts';

type Field = keyof AuditFilter;

const DECISIONS = ['allow', 'deny', 'refused', 'error'];

/** What the inputs hold for a filter: as the filter, but times are local ones. */
const toFields = (filter: AuditFilter): AuditFilter => ({
  ...filter,
  since: toLocalInput(filter.since),
  until: toLocalInput(filter.until),
});

/** Narrows the log. Names are matched whole. */
export function AuditFilterForm({
  search,
  filter,
  onFilter,
}: {
  search: string;
  filter: AuditFilter;
  onFilter: (filter: AuditFilter) => void;
}) {
  const [seen, setSeen] = useState(search);
  const [fields, setFields] = useState(() => toFields(filter));
  if (seen !== search) {
    // The URL changed, by the form itself or by the browser's history: it wins over what was typed.
    setSeen(search);
    setFields(toFields(filter));
  }
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onFilter(readForm(new FormData(event.currentTarget)));
  };
  const clear = (): void => {
    setFields({});
    onFilter({});
  };
  const set = (name: Field, value: string): void => setFields({ ...fields, [name]: value });
  const input = (label: string, name: Field, type: 'text' | 'datetime-local') => (
    <label>
      {label}
      <input
        name={name}
        type={type}
        step={type === 'text' ? undefined : '1'}
        value={fields[name] ?? ''}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={(event) => set(name, event.target.value)}
      />
    </label>
  );
  return (
    <form className="card filters" aria-label="Filter" onSubmit={submit}>
      {input('Person', 'user', 'text')}
      {input('Verb', 'verb', 'text')}
      {input('Namespace', 'namespace', 'text')}
      <label>
        Decision
        <select name="decision" value={fields.decision ?? ''} onChange={(event) => set('decision', event.target.value)}>
          <option value="">any</option>
          {[...new Set([...DECISIONS, ...(fields.decision ? [fields.decision] : [])])].map((decision) => (
            <option key={decision}>{decision}</option>
          ))}
        </select>
      </label>
      {input('Since', 'since', 'datetime-local')}
      {input('Until', 'until', 'datetime-local')}
      <p className="actions">
        <button type="submit" className="primary">
          Filter
        </button>
        <button type="button" onClick={clear}>
          Clear
        </button>
        <span className="quiet">Times are in your zone, {readerZone()}.</span>
      </p>
    </form>
  );
}
