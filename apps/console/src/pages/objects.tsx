import { useState } from 'react';
import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import type { Kind } from '../kinds.ts';
import { PageHeading } from '../page-heading.tsx';
import { goTo, useLocation } from '../router.ts';
import { showText } from '../show-text.ts';
import { showAge } from '../show-time.ts';
import { summarizeObject } from '../summarize-object.ts';
import { useLoaded } from '../use-loaded.ts';
import { ObjectPage } from './object.tsx';

/** What is said of the last change, above the list. */
interface Said {
  readonly message: string;
  readonly warnings: readonly string[];
}

/** `?name=…` opens an object, `?new` a new one; else the list. The gateway says who may. */
export function ObjectsPage({ kind, canEdit }: { kind: Kind; canEdit: boolean }) {
  const query = new URLSearchParams(useLocation().search);
  const [said, setSaid] = useState<Said>({ message: '', warnings: [] });
  const name = query.get('name') ?? undefined;
  if (name !== undefined || query.has('new')) {
    const leave = (message: string, warnings: readonly string[] = []): void => {
      setSaid({ message, warnings });
      goTo(`/-/${kind.plural}`);
    };
    return <ObjectPage key={name ?? ''} kind={kind} name={name} canEdit={canEdit} onDone={leave} />;
  }
  return <ObjectList kind={kind} canEdit={canEdit} said={said} />;
}

function ObjectList({ kind, canEdit, said }: { kind: Kind; canEdit: boolean; said: Said }) {
  const { loaded, busy } = useLoaded(kind.plural, async () => ({ ...(await api.list(kind.plural)), atMs: Date.now() }));
  return (
    <>
      <PageHeading title={kind.title} />
      <p>{kind.about}</p>
      <p role="status">{busy ? 'Loading…' : said.message}</p>
      {said.warnings.length > 0 && (
        <section aria-label="Warnings" className="warnings">
          <h2>It is saved; is this meant?</h2>
          <ul>
            {said.warnings.map((warning) => (
              <li key={warning}>{showText(warning)}</li>
            ))}
          </ul>
        </section>
      )}
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && (
        <>
          {canEdit && (
            <p>
              <button type="button" onClick={() => goTo(`/-/${kind.plural}?new`)}>
                New {kind.kind}
              </button>
            </p>
          )}
          {loaded.value.items.length === 0 ? (
            <p>There are none yet.</p>
          ) : (
            <table aria-label={kind.title}>
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Summary</th>
                  <th scope="col">Age</th>
                  <th scope="col">Version</th>
                </tr>
              </thead>
              <tbody>
                {loaded.value.items.map((object) => (
                  <tr key={object.metadata.name}>
                    <th scope="row" data-label="Name">
                      <button
                        type="button"
                        className="link"
                        onClick={() => goTo(`/-/${kind.plural}?name=${encodeURIComponent(object.metadata.name)}`)}
                      >
                        {showText(object.metadata.name)}
                      </button>
                    </th>
                    <td data-label="Summary">
                      {summarizeObject(object).map((line) => (
                        <div key={line}>{showText(line)}</div>
                      ))}
                    </td>
                    <td data-label="Age">{showAge(object.metadata.creationTimestamp, loaded.value.atMs)}</td>
                    <td data-label="Version">{showText(object.metadata.resourceVersion ?? '')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </>
      )}
    </>
  );
}
