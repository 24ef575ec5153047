import { api } from './api.ts';
import { Failure } from './failure.tsx';
import { KINDS } from './kinds.ts';
import { Link } from './link.tsx';
import { showText } from './show-text.ts';
import type { Me } from './types.ts';
import { useAct } from './use-act.ts';

/** Names only the pages that the person may open; the gateway judges again on each. */
export function TopBar({ me }: { me: Me }) {
  const { busy, error, run } = useAct();
  const logout = async (): Promise<void> => {
    // A whole load, so that nothing of this person stays in memory.
    let next = '/-/';
    if (await run(async () => (next = await api.logout()))) window.location.assign(next);
  };
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header>
        <span className="brand">Gatehouse</span>
        <nav aria-label="Main">
          <Link to="/-/">Home</Link>
          <Link to="/-/kubeconfig">Kubeconfig</Link>
          <Link to="/-/tokens">Access tokens</Link>
          <Link to="/-/sessions">Sessions</Link>
          {me.gateway.canReadObjects &&
            KINDS.map((kind) => (
              <Link key={kind.plural} to={`/-/${kind.plural}`}>
                {kind.title}
              </Link>
            ))}
          {me.gateway.canReadObjects && <Link to="/-/why">Why?</Link>}
          {me.gateway.canReadAudit && <Link to="/-/audit">Audit log</Link>}
        </nav>
        <span className="who">{showText(me.username)}</span>
        <button type="button" disabled={busy} onClick={() => void logout()}>
          Log out
        </button>
      </header>
      {error && <Failure error={error} title="Not logged out" />}
    </>
  );
}
