import { useRef, useState } from 'react';
import { ApiError, api } from '../api.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import type { Kind } from '../kinds.ts';
import { readYaml, toYaml } from '../object-yaml.ts';
import { showText } from '../show-text.ts';
import { useAct } from '../use-act.ts';
import { DryRunOf } from './dry-run.tsx';
import { Problems } from './problems.tsx';

interface Props {
  kind: Kind;
  name: string | undefined;
  text: string;
  canEdit: boolean;
  onDone: (message: string, warnings?: readonly string[]) => void;
}

/** Edits one object as YAML. The gateway validates; every problem it names is shown beside the text, with its line. */
export function Editor({ kind, name, text, canEdit, onDone }: Props) {
  const [draft, setDraft] = useState(text);
  const [before, setBefore] = useState<string>();
  const [asking, setAsking] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const { busy, error, run } = useAct();
  const conflict = name !== undefined && error instanceof ApiError && error.status === 409;

  const save = async (): Promise<void> => {
    let saved = '';
    let warnings: readonly string[] = [];
    const done = await run(async () => {
      const read = readYaml(draft);
      if (!read.ok)
        throw new ApiError(
          0,
          'This is not YAML that can be sent.',
          read.problems.map((message) => ({ message })),
        );
      const { object } = read;
      const answer = await (name === undefined
        ? api.create(kind.plural, object)
        : api.update(kind.plural, name, object));
      saved = showText(answer.object.metadata.name);
      warnings = answer.warnings;
    });
    if (done) onDone(`Saved ${saved}. It holds from the next request on.`, warnings);
  };
  const reload = async (): Promise<void> => {
    await run(async () => {
      const newest = toYaml(await api.read(kind.plural, name ?? ''));
      setBefore(draft);
      setDraft(newest);
    });
  };
  const remove = async (): Promise<void> => {
    setAsking(false);
    if (await run(() => api.remove(kind.plural, name ?? ''))) onDone(`Deleted ${showText(name ?? '')}.`);
  };
  const show = (start: number, end: number): void => {
    area.current?.focus();
    area.current?.setSelectionRange(start, end);
  };
  return (
    <div className="editor" aria-busy={busy}>
      <div>
        <label>
          YAML
          <textarea
            ref={area}
            rows={24}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            wrap="off"
            value={draft}
            readOnly={!canEdit}
            aria-invalid={error ? true : undefined}
            aria-describedby="editor-problems editor-hint"
            onChange={(event) => setDraft(event.target.value)}
          />
        </label>
        <p className="actions">
          {canEdit && (
            <button type="button" className="primary" disabled={busy} onClick={() => void save()}>
              Save
            </button>
          )}
          {canEdit && name !== undefined && (
            <button type="button" className="danger" disabled={busy} onClick={() => setAsking(true)}>
              Delete
            </button>
          )}
          <button type="button" onClick={() => onDone('')}>
            {canEdit ? 'Cancel' : 'Close'}
          </button>
        </p>
      </div>
      <div>
        <div id="editor-problems">
          {error && <Problems error={error} text={draft} onShow={show} />}
          {conflict && (
            <p>
              <button type="button" disabled={busy} onClick={() => void reload()}>
                Load the newest version
              </button>{' '}
              What you wrote stays beside it.
            </p>
          )}
        </div>
        {kind.kind === 'AccessRule' && <DryRunOf draft={draft} />}
        {before !== undefined && (
          <label>
            Your unsaved text
            <textarea rows={12} wrap="off" readOnly value={before} />
          </label>
        )}
        <p id="editor-hint" className="quiet">
          {canEdit
            ? `Comments are not stored.${name === undefined ? '' : ' Leave metadata.resourceVersion in: it keeps you from overwriting another change.'}`
            : 'You may read this and not change it.'}
        </p>
      </div>
      {asking && (
        <ConfirmDialog
          title={`Delete ${kind.kind} ${showText(name ?? '')}?`}
          act="Delete it"
          onConfirm={() => void remove()}
          onClose={() => setAsking(false)}
        >
          <p>What it gives, or denies, ends with the next request. This cannot be taken back.</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
