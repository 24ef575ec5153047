import { useState, type FormEvent } from 'react';
import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import { PageHeading } from '../page-heading.tsx';
import { showText } from '../show-text.ts';
import { showTime } from '../show-time.ts';
import type { DeviceLogin, Me } from '../types.ts';
import { useAct } from '../use-act.ts';
import { GivenToken } from './given-token.tsx';

/**
 * Where the code of a device is typed. A code in the address is not looked at: whoever sends somebody a link must not
 * be able to spare them the reading.
 */
export function DevicePage({ me }: { me: Me }) {
  const [typed, setTyped] = useState('');
  const [found, setFound] = useState<DeviceLogin>();
  const [answered, setAnswered] = useState<'approved' | 'denied'>();
  const { busy, error, run } = useAct();

  const find = (event: FormEvent): void => {
    event.preventDefault();
    void run(async () => setFound(await api.findDeviceLogin(typed)));
  };
  const answer = (decision: 'approve' | 'deny'): void =>
    void run(async () => {
      await api.answerDeviceLogin(decision, typed);
      setAnswered(decision === 'approve' ? 'approved' : 'denied');
    });

  if (answered)
    return (
      <>
        <PageHeading title={answered === 'approved' ? 'Access given' : 'Access refused'} />
        <p role="status">
          {answered === 'approved'
            ? 'The program goes on within some seconds; you can close this page. Its token stands among your access tokens, where you can end it.'
            : 'The program was told so. If you did not start it, somebody may have tried to use your name.'}
        </p>
      </>
    );
  return (
    <>
      <PageHeading title="Log a program in" />
      {!found && (
        <form className="card narrow" aria-label="Code of the program" onSubmit={find}>
          <p>Type the code that the program shows you. Never type one that somebody else has sent you.</p>
          <label>
            Code
            <input
              type="text"
              className="code"
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              maxLength={20}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </label>
          <p className="actions">
            <button type="submit" className="primary" disabled={busy || typed.trim() === ''}>
              Go on
            </button>
          </p>
        </form>
      )}
      {found && (
        <section className="card narrow" aria-label="Who asks">
          <p>A program asks for access in your name. Give it only if you have just started it yourself.</p>
          <dl>
            <dt>Program says it is</dt>
            <dd>
              <code>{showText(found.clientId)}</code>
              {found.clientName !== '' && <> on {showText(found.clientName)}</>}
            </dd>
            <dt>Asks from</dt>
            <dd>
              <code>{showText(found.sourceAddress)}</code>
              {found.sourceAddress === found.yourAddress ? (
                ' (the address of this browser)'
              ) : (
                <strong className="bad"> (this browser is at {showText(found.yourAddress)})</strong>
              )}
            </dd>
            <dt>Asked at</dt>
            <dd>{showTime(found.requestedAt)}</dd>
          </dl>
          <GivenToken me={me} until={found.tokenExpiresAt} />
          <p className="actions">
            <button type="button" className="primary" disabled={busy} onClick={() => answer('approve')}>
              Give access
            </button>
            <button type="button" disabled={busy} onClick={() => answer('deny')}>
              Refuse
            </button>
          </p>
        </section>
      )}
      {error && <Failure error={error} title="Nothing was given" />}
    </>
  );
}
