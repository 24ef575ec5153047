import { useState } from 'react';
import { stringify } from 'yaml';
import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import type { Kind } from '../kinds.ts';
import { showAge, showText } from '../show-text.ts';
import type { GatewayObject, List } from '../types.ts';
import { useLoaded } from '../use-loaded.ts';
import { Editor } from './editor.tsx';

/** List of one kind with its editor. What may not be read is answered by the gateway, and shown as it says it. */
export function ObjectsPage({ kind, canEdit }: { kind: Kind; canEdit: boolean }) {
  const { loaded, reload } = useLoaded(kind.plural, () => api.list<List<GatewayObject>>(kind.plural));
  const [open, setOpen] = useState<{ name: string | undefined; text: string }>();
  const close = (): void => {
    setOpen(undefined);
    reload();
  };
  return (
    <section>
      <h1>{kind.title}</h1>
      <p>{kind.about}</p>
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && (
        <>
          {canEdit && !open && (
            <p>
              <button type="button" onClick={() => setOpen({ name: undefined, text: kind.template })}>New {kind.kind}</button>
            </p>
          )}
          {open && <Editor key={open.name ?? 'new'} kind={kind} name={open.name} text={open.text} canEdit={canEdit} onClose={close} />}
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">What</th>
                <th scope="col">Age</th>
                <th scope="col">Version</th>
              </tr>
            </thead>
            <tbody>
              {loaded.value.items.map((object) => (
                <tr key={object.metadata.name}>
                  <td>
                    <button type="button" className="link" onClick={() => setOpen({ name: object.metadata.name, text: stringify(object) })}>
                      {showText(object.metadata.name)}
                    </button>
                  </td>
                  <td>{showText(summarize(object))}</td>
                  <td>{showAge(object.metadata.creationTimestamp, Date.now())}</td>
                  <td>{object.metadata.resourceVersion}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {loaded.value.items.length === 0 && <p>There are none yet.</p>}
        </>
      )}
    </section>
  );
}

/** One line that tells objects of a kind apart. */
function summarize(object: GatewayObject): string {
  const { spec } = object;
  const subjects = (spec.subjects as { issuer: string; user?: string; group?: string }[] | undefined)?.map((subject) => subject.user ?? subject.group ?? `everybody of ${subject.issuer}`);
  if (subjects) return `${subjects.join(', ')} on ${(spec.clusters as string[]).join(', ')}${spec.effect === 'Deny' ? ' (deny)' : ''}${spec.mode === 'Report' ? ' (report only)' : ''}`;
  if (typeof spec.server === 'string') return spec.server;
  return (spec.issuer as { url?: string } | undefined)?.url ?? '';
}
