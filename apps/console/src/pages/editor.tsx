import { useRef, useState } from 'react';
import { parse } from 'yaml';
import { ApiError, api } from '../api.ts';
import { Failure } from '../failure.tsx';
import type { Kind } from '../kinds.ts';
import { showText } from '../show-text.ts';

/** Edits one object as YAML. The gateway validates; every problem it names is shown beside the text. */
export function Editor({ kind, name, text, canEdit, onClose }: { kind: Kind; name: string | undefined; text: string; canEdit: boolean; onClose: () => void }) {
  const [draft, setDraft] = useState(text);
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const confirm = useRef<HTMLDialogElement>(null);

  const act = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
      onClose();
    } catch (problem) {
      setError(problem as Error);
    } finally {
      setBusy(false);
    }
  };
  const save = (): Promise<void> =>
    act(async () => {
      const object: unknown = parse(draft, { maxAliasCount: 0 });
      await (name === undefined ? api.create(kind.plural, object) : api.update(kind.plural, name, object));
    });
  const conflict = error instanceof ApiError && error.status === 409;
  return (
    <div className="editor">
      <h2>{name === undefined ? `New ${kind.kind}` : showText(name)}</h2>
      <label>
        YAML
        <textarea rows={22} spellCheck={false} value={draft} readOnly={!canEdit} onChange={(event) => setDraft(event.target.value)} />
      </label>
      {error && <Failure error={error} />}
      {conflict && name !== undefined && <p>Close the editor and open it again to see the newest version.</p>}
      <p>
        {canEdit && (
          <button type="button" className="primary" disabled={busy} onClick={() => void save()}>Save</button>
        )}
        {canEdit && name !== undefined && (
          <button type="button" disabled={busy} onClick={() => confirm.current?.showModal()}>Delete</button>
        )}
        <button type="button" onClick={onClose}>Close</button>
      </p>
      <dialog ref={confirm} aria-label="Confirm">
        <p>
          Delete {kind.kind} <strong>{showText(name ?? '')}</strong>? What it gives ends with the next request.
        </p>
        <form method="dialog">
          <button>Keep</button>
          <button type="button" className="primary" onClick={() => void act(() => api.remove(kind.plural, name ?? ''))}>Delete it</button>
        </form>
      </dialog>
    </div>
  );
}
