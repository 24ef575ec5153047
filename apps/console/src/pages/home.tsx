import { useState, type FormEvent } from 'react';
import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import { showText } from '../show-text.ts';
import type { ClusterView, Me } from '../types.ts';

export function HomePage({ me, reload }: { me: Me; reload: () => void }) {
  return (
    <>
      <section>
        <h1>Who you are</h1>
        <dl>
          <dt>Name</dt>
          <dd>{showText(me.username)}</dd>
          <dt>Issuer</dt>
          <dd>{showText(me.issuer)}</dd>
          <dt>Groups</dt>
          <dd>{me.groups.map(showText).join(', ') || 'none'}</dd>
          <dt>Logged in until</dt>
          <dd>{new Date(me.expiresAt).toLocaleString()}</dd>
        </dl>
      </section>
      <section>
        <h2>As whom clusters see you</h2>
        {me.clusters.length === 0 && <p>No cluster is configured.</p>}
        {me.clusters.map((cluster) => (
          <ClusterCard key={cluster.name} cluster={cluster} reload={reload} />
        ))}
      </section>
    </>
  );
}

function ClusterCard({ cluster, reload }: { cluster: ClusterView; reload: () => void }) {
  const base = `/clusters/${cluster.name}`;
  return (
    <article aria-label={`Cluster ${cluster.name}`}>
      <h3>
        {showText(cluster.name)} {cluster.default && <small>default</small>}
      </h3>
      {cluster.error && <p className="failure">{showText(cluster.error)}</p>}
      {cluster.user && (
        <dl>
          <dt>User</dt>
          <dd>
            <code>{showText(cluster.user)}</code>
          </dd>
          <dt>Groups</dt>
          <dd>{(cluster.groups ?? []).map(showText).join(', ') || 'none'}</dd>
          <dt>By</dt>
          <dd>
            mapping <code>{showText(cluster.mapping ?? '')}</code> ({cluster.mode === 'storedToken' ? 'your stored token' : 'impersonation'})
          </dd>
        </dl>
      )}
      {cluster.mode === 'storedToken' && <TokenForm cluster={cluster} reload={reload} />}
      {cluster.mode !== 'none' && (
        <p>
          Open in this browser: <a href={`${base}/version`}>version</a>, <a href={`${base}/api`}>api</a>, <a href={`${base}/apis`}>apis</a>
        </p>
      )}
    </article>
  );
}

/** Enters or removes the person's own token; what was entered is never shown again. */
function TokenForm({ cluster, reload }: { cluster: ClusterView; reload: () => void }) {
  const [token, setToken] = useState('');
  const [error, setError] = useState<Error>();
  const [saved, setSaved] = useState<string>();
  const act = (work: Promise<unknown>): void =>
    void work.then(
      () => {
        setToken('');
        setError(undefined);
        reload();
      },
      (problem: unknown) => setError(problem as Error),
    );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    act(api.saveToken(cluster.name, token.trim()).then((identity) => setSaved(identity.user)));
  };
  return (
    <form onSubmit={submit}>
      {cluster.storedToken?.present && <p>A token is stored{cluster.storedToken.savedAt ? ` since ${new Date(cluster.storedToken.savedAt).toLocaleString()}` : ''}.</p>}
      <label>
        Upstream token
        <input type="password" autoComplete="off" value={token} onChange={(event) => setToken(event.target.value)} />
      </label>
      <button type="submit" disabled={token.trim() === ''}>Store token</button>
      {cluster.storedToken?.present && (
        <button type="button" onClick={() => act(api.deleteToken(cluster.name))}>Delete stored token</button>
      )}
      {saved && <p role="status">The cluster says that this token is {showText(saved)}.</p>}
      {error && <Failure error={error} />}
    </form>
  );
}
