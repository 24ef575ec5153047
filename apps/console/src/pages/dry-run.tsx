import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import { readYaml } from '../object-yaml.ts';
import { showText } from '../show-text.ts';
import { Time } from '../time.tsx';
import type { ChangedVerdict, DryRun } from '../types.ts';
import { useAct } from '../use-act.ts';
import { useState } from 'react';

/** What an access rule as it stands in the editor would change of the last week's requests. */
export function DryRunOf({ draft }: { draft: string }) {
  const [answer, setAnswer] = useState<{ of: string; run: DryRun }>();
  const { busy, error, run } = useAct();
  const ask = (): void =>
    void run(async () => {
      const read = readYaml(draft);
      if (!read.ok) throw new Error('This is not YAML that can be sent.');
      setAnswer({ of: draft, run: await api.dryRun(read.object) });
    });
  return (
    <section aria-label="What would change">
      <p>
        <button type="button" disabled={busy} onClick={ask}>
          What would this change?
        </button>{' '}
        <span className="quiet">Asks the audit log of the last seven days; nothing is saved.</span>
      </p>
      {error && <Failure error={error} title="Not asked" />}
      {answer && answer.of === draft && <Changes run={answer.run} />}
    </section>
  );
}

function Changes({ run: { status } }: { run: DryRun }) {
  const { newlyDenied, newlyAllowed, replayed, truncated, leftOut, changedSince, loginAssumed } = status;
  return (
    <div role="status">
      <p>
        Of {replayed} requests{truncated ? ' (the newest ones)' : ''}:
      </p>
      <List title="It would newly deny" changes={newlyDenied} />
      <List title="It would newly allow" changes={newlyAllowed} />
      {leftOut > 0 && <p className="quiet">{leftOut} more kinds of requests are not shown.</p>}
      {changedSince > 0 && (
        <p className="quiet">{changedSince} are judged otherwise today than they were: rules were changed since.</p>
      )}
      {loginAssumed.length > 0 && (
        <p className="quiet">
          Taken as granted: the fresh or strong login that {loginAssumed.map(showText).join(', ')} wants.
        </p>
      )}
    </div>
  );
}

function List({ title, changes }: { title: string; changes: readonly ChangedVerdict[] }) {
  if (changes.length === 0) return <p>{title} nothing.</p>;
  return (
    <table aria-label={title}>
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">Times</th>
          <th scope="col">Person</th>
          <th scope="col">What</th>
          <th scope="col">Last</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.auditId}>
            <td data-label="Times">{change.count}</td>
            <td data-label="Person">{showText(change.user)}</td>
            <td data-label="What">{showText(`${change.verb} ${change.what} on ${change.cluster}`)}</td>
            <td data-label="Last">
              <Time at={change.lastAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
