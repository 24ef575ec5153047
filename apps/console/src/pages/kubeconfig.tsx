import { useState } from 'react';
import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import { PageHeading } from '../page-heading.tsx';
import { saveFile } from '../save-file.ts';
import { showLines } from '../show-text.ts';
import { useAct } from '../use-act.ts';
import { useLoaded } from '../use-loaded.ts';

const FILE = 'gatehouse.kubeconfig';
const FORMS = [
  {
    form: 'shell',
    title: 'With a shell and curl',
    about: 'Nothing to install. kubectl shows a code, which you type here; it asks again when the login has ended.',
  },
  {
    form: 'gatehouse',
    title: 'With the gatehouse command',
    about:
      'The same, by bin/gatehouse in your PATH; gatehouse logout ends the login, gatehouse token prints its token.',
  },
  {
    form: 'kubelogin',
    title: 'With kubelogin',
    about: 'Logs you in at your identity provider itself, by kubectl oidc-login (int128/kubelogin).',
  },
] as const;

/** The person's kubeconfig in each of its forms. Those shown hold no secret; the one with a token is only saved. */
export function KubeconfigPage() {
  const [form, setForm] = useState<string>('shell');
  const { loaded } = useLoaded(`kubeconfig ${form}`, () => api.kubeconfig(form));
  const [said, setSaid] = useState('');
  const { busy, error, run } = useAct();
  const chosen = FORMS.find((entry) => entry.form === form) ?? FORMS[0];
  const copy = (text: string): void =>
    void navigator.clipboard.writeText(text).then(
      () => setSaid('Copied.'),
      () => setSaid('The browser does not let this page copy; select the text instead.'),
    );
  const saveWithToken = (): void =>
    void run(async () => {
      saveFile(FILE, await api.createKubeconfig());
      setSaid(
        'Saved. Whoever reads the file acts as you until its token ends; you find the token under Access tokens.',
      );
    });
  return (
    <>
      <PageHeading title="My kubeconfig" />
      <p>
        One file for all clusters that see you. Save it, then run <code>kubectl --kubeconfig {FILE} get pods</code>, or
        set <code>KUBECONFIG</code>. <code>kubectl config get-contexts</code> lists the clusters.
      </p>
      <fieldset className="choices">
        <legend>How kubectl logs in</legend>
        {FORMS.map((entry) => (
          <label key={entry.form}>
            <input
              type="radio"
              name="form"
              checked={form === entry.form}
              onChange={() => {
                setForm(entry.form);
                setSaid('');
              }}
            />{' '}
            {entry.title}
          </label>
        ))}
      </fieldset>
      <p>{chosen.about} The file holds no secret.</p>
      {loaded.state === 'loading' && <p role="status">Loading…</p>}
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && (
        <>
          <p className="actions">
            <a className="button primary" download={FILE} href={`/-/me/kubeconfig?with=${form}`}>
              Download
            </a>
            <button type="button" onClick={() => copy(loaded.value)}>
              Copy
            </button>
            <button type="button" disabled={busy} onClick={saveWithToken}>
              Download with a token instead
            </button>
          </p>
          <p role="status">{said}</p>
          {error && <Failure error={error} title="No token was made" />}
          <pre tabIndex={0} role="region" aria-label="kubeconfig">
            {showLines(loaded.value)}
          </pre>
        </>
      )}
    </>
  );
}
