import { useState, type FormEvent } from 'react';
import { Failure } from '../failure.tsx';
import { NARROWINGS, readTokenRequest, type TokenRequest } from '../read-token-request.ts';
import { showText } from '../show-text.ts';
import { useAct } from '../use-act.ts';

interface Props {
  label: string;
  /** Makes the token and answers it. */
  make: (request: TokenRequest) => Promise<string>;
  onMade: () => void;
}

const EXAMPLES: Readonly<Record<(typeof NARROWINGS)[number], string>> = {
  clusters: 'production',
  namespaces: 'shop, web',
  verbs: 'get, list, watch',
  resources: 'pods, pods/log, deployments.apps',
};
const EMPTY = { name: '', days: '30', clusters: '', namespaces: '', verbs: '', resources: '' };

/** Asks for a new token, and shows it this once. */
export function NewTokenForm({ label, make, onMade }: Props) {
  const [fields, setFields] = useState<Record<string, string>>(EMPTY);
  const [made, setMade] = useState<{ name: string; token: string }>();
  const [said, setSaid] = useState('');
  const { busy, error, run } = useAct();
  const set = (field: string, value: string): void => setFields((before) => ({ ...before, [field]: value }));

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setMade(undefined);
    setSaid('');
    void run(async () => {
      const request = readTokenRequest(fields);
      setMade({ name: request.name, token: await make(request) });
      setFields(EMPTY);
      onMade();
    });
  };
  const copy = (token: string): void =>
    void navigator.clipboard.writeText(token).then(
      () => setSaid('Copied.'),
      () => setSaid('The browser does not let this page copy; select the text instead.'),
    );
  return (
    <>
      <form className="card" aria-label={label} onSubmit={submit}>
        <div className="filters">
          <label>
            Name
            <input
              type="text"
              required
              maxLength={100}
              value={fields.name}
              onChange={(event) => set('name', event.target.value)}
            />
          </label>
          <label>
            Days until it ends
            <input
              type="number"
              required
              min="0.01"
              step="any"
              value={fields.days}
              onChange={(event) => set('days', event.target.value)}
            />
          </label>
          {NARROWINGS.map((what) => (
            <label key={what}>
              Only {what}
              <input
                type="text"
                spellCheck={false}
                placeholder={EXAMPLES[what]}
                value={fields[what]}
                onChange={(event) => set(what, event.target.value)}
              />
            </label>
          ))}
          <p className="actions">
            <button type="submit" className="primary" disabled={busy}>
              Make token
            </button>
          </p>
        </div>
      </form>
      {error && <Failure error={error} title="No token was made" />}
      {made && (
        <section className="card" aria-label="The new token">
          <p>The token {showText(made.name)}. Copy it now: it is shown this once, and nobody can find it again.</p>
          <pre tabIndex={0}>{showText(made.token)}</pre>
          <p className="actions">
            <button type="button" onClick={() => copy(made.token)}>
              Copy
            </button>
            <button type="button" onClick={() => setMade(undefined)}>
              Hide
            </button>
            <span role="status">{said}</span>
          </p>
        </section>
      )}
    </>
  );
}
