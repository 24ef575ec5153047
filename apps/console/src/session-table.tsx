import { showText } from './show-text.ts';
import { Time } from './time.tsx';
import type { SessionView } from './types.ts';

interface Props {
  label: string;
  sessions: readonly SessionView[];
  busy: boolean;
  onEnd: (session: SessionView) => void;
  /** Where given, sessions are of several people. */
  onEndAll?: (session: SessionView) => void;
}

/** Sessions with what tells one from another: whose, since when, from where, with what. */
export function SessionTable({ label, sessions, busy, onEnd, onEndAll }: Props) {
  if (sessions.length === 0) return <p>There are none.</p>;
  return (
    <table aria-label={label}>
      <thead>
        <tr>
          {onEndAll && <th scope="col">Person</th>}
          <th scope="col">Since</th>
          <th scope="col">Last seen</th>
          <th scope="col">Ends</th>
          <th scope="col">From</th>
          <th scope="col">Browser</th>
          <th scope="col">
            <span className="quiet">Act</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <tr key={session.id}>
            {onEndAll && (
              <td data-label="Person">
                <code>{showText(session.username || session.subject || '')}</code>
              </td>
            )}
            <td data-label="Since">
              <Time at={session.createdAt} />
            </td>
            <td data-label="Last seen">
              <Time at={session.lastSeenAt} />
            </td>
            <td data-label="Ends">
              <Time at={session.expiresAt} />
            </td>
            <td data-label="From">{showText(session.sourceAddress ?? '')}</td>
            <td data-label="Browser">{showText(session.userAgent ?? '')}</td>
            <td data-label="Act">
              {session.current ? (
                'this session'
              ) : (
                <button type="button" className="link" disabled={busy} onClick={() => onEnd(session)}>
                  End
                </button>
              )}{' '}
              {onEndAll && (
                <button type="button" className="link" disabled={busy} onClick={() => onEndAll(session)}>
                  End all of this person
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
