import { useState } from 'react';
import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import { PageHeading } from '../page-heading.tsx';
import { useLocation } from '../router.ts';
import { showText } from '../show-text.ts';
import type { Me } from '../types.ts';
import { useAct } from '../use-act.ts';
import { useLoaded } from '../use-loaded.ts';
import { GivenToken } from './given-token.tsx';

/** A program on this machine has opened the browser; the answer goes back to its own address. */
export function AuthorizePage({ me }: { me: Me }) {
  const { search } = useLocation();
  const { loaded } = useLoaded(search, () => api.readCodeLogin(search));
  const { busy, error, run } = useAct();
  const [left, setLeft] = useState(false);
  const answer = (decision: 'approve' | 'deny'): void =>
    void run(async () => {
      const { redirectTo } = await api.answerCodeLogin(decision, search);
      setLeft(true);
      window.location.assign(redirectTo);
    });
  return (
    <>
      <PageHeading title="Log a program in" />
      {loaded.state === 'loading' && <p role="status">Loading…</p>}
      {loaded.state === 'failed' && <Failure error={loaded.error} title="This cannot be approved" />}
      {loaded.state === 'ready' && (
        <section className="card narrow" aria-label="Who asks">
          <p>
            A program on this machine asks for access in your name. Give it only if you have just started it yourself.
          </p>
          <dl>
            <dt>Program says it is</dt>
            <dd>
              <code>{showText(loaded.value.clientId)}</code>
              {loaded.value.clientName !== '' && <> on {showText(loaded.value.clientName)}</>}
            </dd>
            <dt>Answer goes to</dt>
            <dd>
              <code>{showText(loaded.value.redirectUri)}</code>
            </dd>
          </dl>
          <GivenToken me={me} until={loaded.value.tokenExpiresAt} />
          <p className="actions">
            <button type="button" className="primary" disabled={busy || left} onClick={() => answer('approve')}>
              Give access
            </button>
            <button type="button" disabled={busy || left} onClick={() => answer('deny')}>
              Refuse
            </button>
          </p>
        </section>
      )}
      {error && <Failure error={error} title="Nothing was given" />}
    </>
  );
}
