import { useEffect, useState } from 'react';
import { ApiError, api, onUnauthenticated } from './api.ts';
import { Failure } from './failure.tsx';
import { KINDS } from './kinds.ts';
import { PageHeading } from './page-heading.tsx';
import { AuditPage } from './pages/audit.tsx';
import { AuthorizePage } from './pages/authorize.tsx';
import { DevicePage } from './pages/device.tsx';
import { HomePage } from './pages/home.tsx';
import { KubeconfigPage } from './pages/kubeconfig.tsx';
import { LoginPage } from './pages/login.tsx';
import { ObjectsPage } from './pages/objects.tsx';
import { WhyPage } from './pages/why.tsx';
import { TokensPage } from './pages/tokens.tsx';
import { SessionsPage } from './pages/sessions.tsx';
import { useLocation } from './router.ts';
import { TopBar } from './top-bar.tsx';
import type { Me } from './types.ts';
import { useLoaded } from './use-loaded.ts';

/** Frame and routes. Who is not logged in sees the login page, whatever the path. */
export function App() {
  const { path } = useLocation();
  const { loaded, reload } = useLoaded('me', api.me);
  const [ended, setEnded] = useState(false);
  useEffect(() => onUnauthenticated(() => setEnded(true)), []);
  if (ended) return <LoginPage hadSession={loaded.state === 'ready'} />;
  if (loaded.state === 'ready') {
    return (
      <>
        <TopBar me={loaded.value} />
        <main id="main" tabIndex={-1}>
          <Page path={path} me={loaded.value} reload={reload} />
        </main>
      </>
    );
  }
  return (
    <main className="narrow">
      <PageHeading title="Gatehouse" />
      {loaded.state === 'loading' ? (
        <p role="status">Loading…</p>
      ) : (
        <Unavailable error={loaded.error} reload={reload} />
      )}
    </main>
  );
}

function Unavailable({ error, reload }: { error: Error; reload: () => void }) {
  if (error instanceof ApiError && error.status === 401) return null;
  return (
    <>
      <Failure error={error} />
      <p>
        <button type="button" onClick={reload}>
          Try again
        </button>
      </p>
    </>
  );
}

function Page({ path, me, reload }: { path: string; me: Me; reload: () => void }) {
  const page = path.replace(/^\/-\//, '').replace(/\/$/, '');
  const kind = KINDS.find((entry) => entry.plural === page);
  if (kind) return <ObjectsPage key={kind.plural} kind={kind} canEdit={me.gateway.canEditObjects} />;
  if (page === 'audit') return <AuditPage />;
  if (page === 'why') return <WhyPage />;
  if (page === 'sessions') return <SessionsPage me={me} />;
  if (page === 'tokens') return <TokensPage me={me} />;
  if (page === 'device') return <DevicePage me={me} />;
  if (page === 'authorize') return <AuthorizePage me={me} />;
  if (page === 'kubeconfig') return <KubeconfigPage />;
  if (page === '') return <HomePage me={me} reload={reload} />;
  return (
    <>
      <PageHeading title="No such page" />
      <p>The console has no page at this address.</p>
    </>
  );
}
