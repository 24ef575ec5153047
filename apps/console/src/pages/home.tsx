import { Names } from '../names.tsx';
import { PageHeading } from '../page-heading.tsx';
import { showText } from '../show-text.ts';
import { Time } from '../time.tsx';
import type { ClusterView, Me } from '../types.ts';
import { EndingTokens } from './ending-tokens.tsx';
import { TokenForm } from './token-form.tsx';

const MODES: Record<ClusterView['mode'], string> = {
  impersonate: 'impersonation',
  storedToken: 'your own stored token',
  serviceAccount: 'a service account',
  none: 'no access',
};

/** Who the person is here, and as whom each cluster sees them. */
export function HomePage({ me, reload }: { me: Me; reload: () => void }) {
  return (
    <>
      <PageHeading title="Who you are" />
      <EndingTokens />
      <section className="card" aria-label="You">
        <dl>
          <dt>Name</dt>
          <dd>
            <code>{showText(me.username)}</code>
          </dd>
          <dt>Issuer</dt>
          <dd>{showText(me.issuer)}</dd>
          <dt>Groups</dt>
          <dd>
            <Names names={me.groups} />
          </dd>
          <dt>Session ends</dt>
          <dd>
            <Time at={me.expiresAt} />
          </dd>
        </dl>
      </section>
      <h2>As whom clusters see you</h2>
      {me.clusters.length === 0 && <p>No cluster is set up yet.</p>}
      <div className="cards">
        {me.clusters.map((cluster) => (
          <ClusterCard key={cluster.name} cluster={cluster} reload={reload} />
        ))}
      </div>
    </>
  );
}

function ClusterCard({ cluster, reload }: { cluster: ClusterView; reload: () => void }) {
  const name = showText(cluster.name);
  const base = `/clusters/${encodeURIComponent(cluster.name)}`;
  return (
    <article className="card" aria-label={`Cluster ${name}`}>
      <h3>
        {name} {cluster.default && <small>default</small>}
      </h3>
      <dl>
        <dt>Mode</dt>
        <dd>{MODES[cluster.mode] ?? showText(cluster.mode)}</dd>
        {cluster.user !== undefined && (
          <>
            <dt>User</dt>
            <dd>
              <code>{showText(cluster.user)}</code>
            </dd>
            <dt>Groups</dt>
            <dd>
              <Names names={cluster.groups} />
            </dd>
          </>
        )}
        {cluster.mapping !== undefined && (
          <>
            <dt>Mapping</dt>
            <dd>{showText(cluster.mapping)}</dd>
          </>
        )}
      </dl>
      {cluster.error && <p className={cluster.mode === 'none' ? 'quiet' : 'bad'}>{showText(cluster.error)}</p>}
      {cluster.mode === 'storedToken' && <TokenForm cluster={cluster} reload={reload} />}
      {cluster.mode !== 'none' && (
        <p>
          Open in the browser:{' '}
          {['version', 'api', 'apis'].map((path) => (
            <a key={path} className="path" href={`${base}/${path}`} aria-label={`/${path} of cluster ${name}`}>
              /{path}
            </a>
          ))}
        </p>
      )}
    </article>
  );
}
