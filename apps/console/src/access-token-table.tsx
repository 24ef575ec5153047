import { showText } from './show-text.ts';
import { Time } from './time.tsx';
import type { AccessTokenView } from './types.ts';

interface Props {
  label: string;
  tokens: readonly AccessTokenView[];
  busy: boolean;
  onRevoke: (token: AccessTokenView) => void;
  /** Tokens are of several people. */
  withOwner?: boolean;
}

const ORIGINS: Readonly<Record<string, string>> = {
  request: 'made by hand',
  deviceLogin: 'login by code',
  browserLogin: 'login by browser',
  kubeconfig: 'for a kubeconfig',
};

/** Access tokens with what tells one from another; the token itself is known to nobody any more. */
export function AccessTokenTable({ label, tokens, busy, onRevoke, withOwner = false }: Props) {
  if (tokens.length === 0) return <p>There are none.</p>;
  return (
    <table aria-label={label}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          {withOwner && <th scope="col">Owner</th>}
          <th scope="col">How</th>
          <th scope="col">Made</th>
          <th scope="col">Ends</th>
          <th scope="col">Last used</th>
          <th scope="col">Only</th>
          <th scope="col">
            <span className="quiet">Act</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <tr key={token.id}>
            <th scope="row" data-label="Name">
              {showText(token.name)}
            </th>
            {withOwner && (
              <td data-label="Owner">
                <code>{showText(token.username ?? '')}</code>
              </td>
            )}
            <td data-label="How">{ORIGINS[token.origin] ?? showText(token.origin)}</td>
            <td data-label="Made">
              <Time at={token.createdAt} />
            </td>
            <td data-label="Ends">
              <Time at={token.expiresAt} /> {token.expiresSoon && <strong className="bad">ends soon</strong>}
            </td>
            <td data-label="Last used">{token.lastUsedAt ? <Time at={token.lastUsedAt} /> : 'never'}</td>
            <td data-label="Only">
              {narrowingOf(token).map((line) => (
                <div key={line}>{showText(line)}</div>
              ))}
            </td>
            <td data-label="Act">
              <button
                type="button"
                className="link"
                disabled={busy}
                aria-label={`Revoke ${showText(token.name)}`}
                onClick={() => onRevoke(token)}
              >
                Revoke
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function narrowingOf({ clusters, namespaces, verbs, resources }: AccessTokenView): string[] {
  const lines = Object.entries({ clusters, namespaces, verbs, resources }).flatMap(([what, names]) =>
    names ? [`${what}: ${names.join(', ')}`] : [],
  );
  return lines.length === 0 ? ['nothing less than its owner'] : lines;
}
