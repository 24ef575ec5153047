import { Fragment, useState } from 'react';
import { annotation, describeEvent } from '../describe-event.ts';
import { showJson, showText } from '../show-text.ts';
import { Time } from '../time.tsx';
import type { AuditEvent } from '../types.ts';

const COLUMNS = ['Time', 'Person', 'Cluster', 'Verb', 'What', 'Decision', 'Status', 'Source'];

/** The request has begun, and has not ended yet. */
const START_STAGES = new Set(['RequestReceived', 'ResponseStarted']);

/** One row a request; a click on it, or its button, opens the whole event. */
export function AuditTable({ events, busy }: { events: readonly AuditEvent[]; busy: boolean }) {
  const [open, setOpen] = useState<string>();
  return (
    <table aria-label="Requests" className="log" aria-busy={busy}>
      <thead>
        <tr>
          {COLUMNS.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {events.map((event) => {
          const isOpen = open === event.auditID;
          return (
            <Fragment key={event.auditID}>
              <EventRow event={event} isOpen={isOpen} onToggle={() => setOpen(isOpen ? undefined : event.auditID)} />
              {isOpen && <EventDetail event={event} />}
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}

function EventRow({ event, isOpen, onToggle }: { event: AuditEvent; isOpen: boolean; onToggle: () => void }) {
  const decision = annotation(event, 'decision');
  const rule = annotation(event, 'rule');
  const status = event.responseStatus?.code;
  return (
    // The button's click, by key or pointer, comes up to the row as well.
    <tr className="opens" onClick={onToggle}>
      <td data-label="Time">
        <button type="button" className="link" aria-expanded={isOpen}>
          <Time at={event.requestReceivedTimestamp} />
        </button>
      </td>
      <td data-label="Person">
        {event.user.username ? showText(event.user.username) : <span className="quiet">nobody</span>}
      </td>
      <td data-label="Cluster">{showText(annotation(event, 'cluster'))}</td>
      <td data-label="Verb">{showText(event.verb)}</td>
      <td data-label="What">{showText(describeEvent(event))}</td>
      <td data-label="Decision">
        <span className={decision === 'allow' ? 'good' : 'bad'}>{showText(decision)}</span>
        {rule && <small> {showText(rule)}</small>}
      </td>
      <td data-label="Status">{START_STAGES.has(event.stage) ? 'still open' : (status ?? '')}</td>
      <td data-label="Source">{showText(event.sourceIPs?.[0] ?? '')}</td>
    </tr>
  );
}

function EventDetail({ event }: { event: AuditEvent }) {
  const reason = annotation(event, 'reason');
  return (
    <tr className="detail">
      <td colSpan={COLUMNS.length}>
        {reason && <p>{showText(reason)}</p>}
        <pre tabIndex={0} role="region" aria-label={`Event ${showText(event.auditID)}`}>
          {showJson(event)}
        </pre>
      </td>
    </tr>
  );
}
