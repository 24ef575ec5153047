import { useState, type FormEvent } from 'react';
import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import { PageHeading } from '../page-heading.tsx';
import { readQuestion } from '../read-question.ts';
import type { AccessReview } from '../types.ts';
import { useAct } from '../use-act.ts';
import { Explanation } from './explanation.tsx';

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'proxy'];

/** Why somebody's request would be allowed or denied: asked of the gateway, and sent nowhere else. */
export function WhyPage() {
  const [answer, setAnswer] = useState<AccessReview>();
  const [byPath, setByPath] = useState(false);
  const { busy, error, run } = useAct();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const question = readQuestion(new FormData(event.currentTarget), byPath);
    setAnswer(undefined);
    void run(async () => setAnswer(await api.explain(question)));
  };
  return (
    <>
      <PageHeading title="Why?" />
      <p>Whether a request would be allowed, and what decides. It is not sent to any cluster.</p>
      <form className="card filters" aria-label="Question" onSubmit={submit}>
        <Input label="Person" name="user" required hint="as the issuer makes it, or the short form" />
        <Input label="Groups" name="groups" hint="one a line; else as last seen" lines />
        <Input label="Cluster" name="cluster" hint="else the default one" />
        <label>
          Ask by
          <select value={byPath ? 'path' : 'resource'} onChange={(event) => setByPath(event.target.value === 'path')}>
            <option value="resource">verb and resource</option>
            <option value="path">method and path</option>
          </select>
        </label>
        {byPath ? (
          <>
            <Input label="Method" name="method" start="GET" />
            <Input label="Path" name="path" required />
          </>
        ) : (
          <>
            <label>
              Verb
              <select name="verb" defaultValue="list">
                {VERBS.map((verb) => (
                  <option key={verb}>{verb}</option>
                ))}
              </select>
            </label>
            <Input label="Resource" name="resource" required hint="pods, pods/log, deployments.apps" />
            <Input label="Namespace" name="namespace" />
            <Input label="Name" name="name" />
          </>
        )}
        <p className="actions">
          <button type="submit" className="primary" disabled={busy}>
            Explain
          </button>
        </p>
      </form>
      <p role="status">{busy ? 'Asking…' : ''}</p>
      {error && <Failure error={error} />}
      {answer && <Explanation status={answer.status} />}
    </>
  );
}

function Input(props: {
  label: string;
  name: string;
  hint?: string;
  start?: string;
  required?: boolean;
  lines?: boolean;
}) {
  const { label, name, hint, start, required, lines } = props;
  const common = {
    name,
    defaultValue: start ?? '',
    required,
    autoComplete: 'off',
    autoCapitalize: 'off',
    spellCheck: false,
  };
  return (
    <label>
      {label}
      {lines ? <textarea rows={1} {...common} /> : <input type="text" {...common} />}
      {hint && <span className="quiet">{hint}</span>}
    </label>
  );
}
