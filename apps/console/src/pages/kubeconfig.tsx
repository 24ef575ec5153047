import { useState } from 'react';
import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import { PageHeading } from '../page-heading.tsx';
import { showLines } from '../show-text.ts';
import { useLoaded } from '../use-loaded.ts';

/** The person's kubeconfig; it holds no secret. */
export function KubeconfigPage() {
  const { loaded } = useLoaded('kubeconfig', api.kubeconfig);
  const [said, setSaid] = useState('');
  const copy = (text: string): void =>
    void navigator.clipboard.writeText(text).then(
      () => setSaid('Copied.'),
      () => setSaid('The browser does not let this page copy; select the text instead.'),
    );
  return (
    <>
      <PageHeading title="My kubeconfig" />
      <p>
        Save it as <code>gatehouse.kubeconfig</code>, put an ID token of your identity provider into it, and run{' '}
        <code>kubectl --kubeconfig gatehouse.kubeconfig get pods</code>. It holds no secret until then.
      </p>
      {loaded.state === 'loading' && <p role="status">Loading…</p>}
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && (
        <>
          <p className="actions">
            <button type="button" className="primary" onClick={() => copy(loaded.value)}>
              Copy
            </button>
            <a className="button" download="gatehouse.kubeconfig" href="/-/me/kubeconfig">
              Download
            </a>
            <span role="status">{said}</span>
          </p>
          <pre tabIndex={0} role="region" aria-label="kubeconfig">
            {showLines(loaded.value)}
          </pre>
        </>
      )}
    </>
  );
}
