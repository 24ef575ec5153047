import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';

interface Props {
  title: string;
  act: string;
  children: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be taken back. Open while it is rendered; Escape and "Keep" close it. */
export function ConfirmDialog({ title, act, children, onConfirm, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Closed before it leaves the page, so that the browser gives the focus back to what opened it.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onCancel={onClose}>
      <h2 id={id}>{title}</h2>
      <div>{children}</div>
      <p className="actions">
        <button type="button" onClick={onClose}>
          Keep
        </button>
        <button type="button" className="danger" onClick={onConfirm}>
          {act}
        </button>
      </p>
    </dialog>
  );
}
