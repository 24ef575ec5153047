import { useState, type FormEvent } from 'react';
import { api } from '../api.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { Failure } from '../failure.tsx';
import { showText } from '../show-text.ts';
import { Time } from '../time.tsx';
import type { ClusterView } from '../types.ts';
import { useAct } from '../use-act.ts';

/** Enters, replaces or removes the person's own token; what was entered is never shown again. */
export function TokenForm({ cluster, reload }: { cluster: ClusterView; reload: () => void }) {
  const [token, setToken] = useState('');
  const [said, setSaid] = useState('');
  const [asking, setAsking] = useState(false);
  const { busy, error, run } = useAct();
  const { present = false, user, savedAt, lastUsed, expiresAt } = cluster.storedToken ?? {};

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setSaid('');
    const saved = await run(async () => {
      const identity = await api.saveToken(cluster.name, token.trim());
      setSaid(`Stored. The cluster says that this token is ${showText(identity.user)}.`);
    });
    if (!saved) return;
    setToken('');
    reload();
  };
  const remove = async (): Promise<void> => {
    setAsking(false);
    setSaid('');
    if (!(await run(() => api.deleteToken(cluster.name)))) return;
    setSaid('The token is deleted.');
    reload();
  };
  return (
    <form
      className="token"
      aria-label={`Token for cluster ${showText(cluster.name)}`}
      onSubmit={(event) => void submit(event)}
    >
      <p>
        {present
          ? 'A token of yours is stored'
          : 'No token of yours is stored. Requests to this cluster are refused until you enter one.'}
        {present && user && (
          <>
            {' '}
            for <code>{showText(user)}</code>
          </>
        )}
        {present && savedAt && (
          <>
            {' '}
            since <Time at={savedAt} />
          </>
        )}
        {present && lastUsed && (
          <>
            , last used <Time at={lastUsed} />
          </>
        )}
        {present && expiresAt && (
          <>
            ; it ends <Time at={expiresAt} />
          </>
        )}
        {present && '.'}
      </p>
      <label>
        Upstream token
        <input
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
      </label>
      <p className="actions">
        <button type="submit" className="primary" disabled={busy || token.trim() === ''}>
          {present ? 'Replace token' : 'Store token'}
        </button>
        {present && (
          <button type="button" disabled={busy} onClick={() => setAsking(true)}>
            Delete stored token
          </button>
        )}
      </p>
      <p role="status">{said}</p>
      {error && <Failure error={error} title="Nothing was changed" />}
      {asking && (
        <ConfirmDialog
          title="Delete your token?"
          act="Delete it"
          onConfirm={() => void remove()}
          onClose={() => setAsking(false)}
        >
          <p>
            Requests to cluster {showText(cluster.name)} are refused until you enter another one. The cluster keeps
            accepting the token elsewhere.
          </p>
        </ConfirmDialog>
      )}
    </form>
  );
}
