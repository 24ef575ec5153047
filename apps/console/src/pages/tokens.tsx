import { useState } from 'react';
import { AccessTokenTable } from '../access-token-table.tsx';
import { api } from '../api.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { Failure } from '../failure.tsx';
import { PageHeading } from '../page-heading.tsx';
import { showText } from '../show-text.ts';
import type { AccessTokenView, Me } from '../types.ts';
import { useAct } from '../use-act.ts';
import { useLoaded } from '../use-loaded.ts';
import { NewTokenForm } from './new-token-form.tsx';
import { ServiceTokens } from './service-tokens.tsx';

/** One's own access tokens, and for an admin those of machines and everybody. */
export function TokensPage({ me }: { me: Me }) {
  const own = useLoaded('own tokens', api.ownTokens);
  const [everybodysRound, setRound] = useState(0);
  const [said, setSaid] = useState('');
  const [asked, setAsked] = useState<{ token: AccessTokenView; remove: (id: string) => Promise<void> }>();
  const { busy, error, run } = useAct();
  const changed = (): void => {
    setRound((round) => round + 1);
    own.reload();
  };
  const revoke = async ({ token, remove }: NonNullable<typeof asked>): Promise<void> => {
    setAsked(undefined);
    if (!(await run(() => remove(token.id)))) return;
    setSaid(`The token ${showText(token.name)} is revoked.`);
    changed();
  };
  return (
    <>
      <PageHeading title="Access tokens" />
      <p>
        For scripts, and for programs that you have logged in. A token does what you may do, or less, until it ends; it
        makes no tokens.
      </p>
      <p role="status">{said}</p>
      {error && <Failure error={error} title="Not revoked" />}
      {own.loaded.state === 'loading' && <p role="status">Loading…</p>}
      {own.loaded.state === 'failed' && <Failure error={own.loaded.error} />}
      {own.loaded.state === 'ready' && (
        <AccessTokenTable
          label="Your access tokens"
          tokens={own.loaded.value}
          busy={busy}
          onRevoke={(token) => setAsked({ token, remove: api.revokeOwnToken })}
        />
      )}
      <h2>A new one</h2>
      <NewTokenForm label="New access token" make={api.createOwnToken} onMade={changed} />
      {me.gateway.canMakeServiceTokens && <ServiceTokens onMade={changed} />}
      {me.gateway.canReadTokens && (
        <Everybodys
          key={everybodysRound}
          busy={busy}
          onRevoke={(token) => setAsked({ token, remove: api.revokeToken })}
        />
      )}
      {asked && (
        <ConfirmDialog
          title={`Revoke ${showText(asked.token.name)}?`}
          act="Revoke it"
          onClose={() => setAsked(undefined)}
          onConfirm={() => void revoke(asked)}
        >
          <p>The next request with it is refused, and what it has open is cut.</p>
        </ConfirmDialog>
      )}
    </>
  );
}

function Everybodys({ busy, onRevoke }: { busy: boolean; onRevoke: (token: AccessTokenView) => void }) {
  const { loaded } = useLoaded('all tokens', api.tokens);
  return (
    <>
      <h2>Everybody’s</h2>
      {loaded.state === 'loading' && <p role="status">Loading…</p>}
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && (
        <AccessTokenTable
          label="Everybody’s access tokens"
          tokens={loaded.value}
          busy={busy}
          onRevoke={onRevoke}
          withOwner
        />
      )}
    </>
  );
}
