import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import { showText } from '../show-text.ts';
import type { LoginIssuer } from '../types.ts';
import { useLoaded } from '../use-loaded.ts';

export function LoginPage() {
  const { loaded } = useLoaded('issuers', () => api.get<LoginIssuer[]>('/-/auth/issuers'));
  const returnTo = window.location.pathname + window.location.search;
  return (
    <main className="narrow">
      <h1>Gatehouse</h1>
      <p>The way to your Kubernetes clusters: log in, and do what you may, as yourself.</p>
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && loaded.value.length === 0 && <p>No login provider is configured. Use a bearer token, or ask an admin.</p>}
      {loaded.state === 'ready' &&
        loaded.value.map((issuer) => (
          <p key={issuer.name}>
            <a className="button" href={`/-/auth/login?issuer=${encodeURIComponent(issuer.name)}&returnTo=${encodeURIComponent(returnTo)}`}>
              Log in with {showText(issuer.displayName)}
            </a>
          </p>
        ))}
    </main>
  );
}
