import { ApiError, api } from './api.ts';
import { Failure } from './failure.tsx';
import { Link } from './link.tsx';
import { AuditPage } from './pages/audit.tsx';
import { HomePage } from './pages/home.tsx';
import { KubeconfigPage } from './pages/kubeconfig.tsx';
import { LoginPage } from './pages/login.tsx';
import { ObjectsPage } from './pages/objects.tsx';
import { KINDS } from './kinds.ts';
import { useLocation } from './router.ts';
import { showText } from './show-text.ts';
import type { Me } from './types.ts';
import { useLoaded } from './use-loaded.ts';

/** Frame and routes. Who is not logged in sees the login page, whatever the path. */
export function App() {
  const { path } = useLocation();
  const { loaded, reload } = useLoaded('me', () => api.get<Me>('/-/me'));
  if (loaded.state === 'loading') return <main aria-busy="true" />;
  if (loaded.state === 'failed') {
    if (loaded.error instanceof ApiError && loaded.error.status === 401) return <LoginPage />;
    return (
      <main>
        <Failure error={loaded.error} />
      </main>
    );
  }
  const me = loaded.value;
  const logout = (): void => void api.logout().finally(() => window.location.assign('/-/'));
  return (
    <>
      <header>
        <strong>Gatehouse</strong>
        <nav aria-label="Main">
          <Link to="/-/">Home</Link>
          <Link to="/-/kubeconfig">Kubeconfig</Link>
          {me.gateway.canReadObjects && KINDS.map((kind) => <Link key={kind.plural} to={`/-/${kind.plural}`}>{kind.title}</Link>)}
          {me.gateway.canReadAudit && <Link to="/-/audit">Audit log</Link>}
        </nav>
        <span className="who">{showText(me.username)}</span>
        <button type="button" onClick={logout}>Log out</button>
      </header>
      <main>
        <Page path={path} me={me} reload={reload} />
      </main>
    </>
  );
}

function Page({ path, me, reload }: { path: string; me: Me; reload: () => void }) {
  const kind = KINDS.find((entry) => path === `/-/${entry.plural}`);
  if (kind) return <ObjectsPage key={kind.plural} kind={kind} canEdit={me.gateway.canEditObjects} />;
  if (path === '/-/audit') return <AuditPage />;
  if (path === '/-/kubeconfig') return <KubeconfigPage />;
  return <HomePage me={me} reload={reload} />;
}
