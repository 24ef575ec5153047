import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import { PageHeading } from '../page-heading.tsx';
import { showText } from '../show-text.ts';
import { useLoaded } from '../use-loaded.ts';

/** Login begins at the gateway and ends on the path that was asked for. */
export function LoginPage({ hadSession }: { hadSession: boolean }) {
  const { loaded } = useLoaded('issuers', api.issuers);
  const returnTo = window.location.pathname + window.location.search;
  return (
    <main className="narrow">
      <PageHeading title="Gatehouse" />
      <p>
        Gatehouse lets you use your Kubernetes clusters as yourself: log in, and do what its access rules allow you, on
        the record.
      </p>
      {hadSession && <p role="status">Your session has ended. Log in again to go on where you were.</p>}
      {loaded.state === 'loading' && <p role="status">Loading…</p>}
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && loaded.value.length === 0 && (
        <p>No identity provider is set up for login here. Use a bearer token, or ask an admin of this gateway.</p>
      )}
      {loaded.state === 'ready' &&
        loaded.value.map(({ name, displayName }) => (
          <p key={name}>
            <a
              className="button primary wide"
              href={`/-/auth/login?issuer=${encodeURIComponent(name)}&returnTo=${encodeURIComponent(returnTo)}`}
            >
              Log in with {showText(displayName)}
            </a>
          </p>
        ))}
    </main>
  );
}
