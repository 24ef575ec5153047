import { useState } from 'react';
import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import { useLoaded } from '../use-loaded.ts';

export function KubeconfigPage() {
  const { loaded } = useLoaded('kubeconfig', () => api.text('/-/me/kubeconfig'));
  const [copied, setCopied] = useState(false);
  return (
    <section>
      <h1>My kubeconfig</h1>
      <p>
        Save it, put an ID token of your identity provider into <code>users[0].user.token</code>, and point <code>kubectl --kubeconfig</code> at it. It holds no secret until then.
      </p>
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && (
        <>
          <p>
            <button type="button" onClick={() => void navigator.clipboard.writeText(loaded.value).then(() => setCopied(true))}>Copy</button>{' '}
            <a className="button" download="gatehouse.kubeconfig" href="/-/me/kubeconfig">Download</a> {copied && <span role="status">copied</span>}
          </p>
          <pre tabIndex={0} aria-label="kubeconfig">{loaded.value}</pre>
        </>
      )}
    </section>
  );
}
