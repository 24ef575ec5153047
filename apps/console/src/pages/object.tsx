import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import type { Kind } from '../kinds.ts';
import { Link } from '../link.tsx';
import { toYaml } from '../object-yaml.ts';
import { PageHeading } from '../page-heading.tsx';
import { useLoaded } from '../use-loaded.ts';
import { Editor } from './editor.tsx';

interface Props {
  kind: Kind;
  /** Absent: a new object. */
  name: string | undefined;
  canEdit: boolean;
  /** Goes back to the list, which shows the message and the warnings. */
  onDone: (message: string, warnings?: readonly string[]) => void;
}

/** One object, read when it is opened, so that the editor begins from the newest version. */
export function ObjectPage({ kind, name, canEdit, onDone }: Props) {
  const { loaded } = useLoaded(name ?? '', async () =>
    name === undefined ? kind.template : toYaml(await api.read(kind.plural, name)),
  );
  return (
    <>
      <p>
        <Link to={`/-/${kind.plural}`}>All: {kind.title}</Link>
      </p>
      <PageHeading title={name === undefined ? `New ${kind.kind}` : `${kind.kind} ${name}`} />
      {loaded.state === 'loading' && <p role="status">Loading…</p>}
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && (
        <Editor kind={kind} name={name} text={loaded.value} canEdit={canEdit} onDone={onDone} />
      )}
    </>
  );
}
