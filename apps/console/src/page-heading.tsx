import { useEffect, useRef } from 'react';
import { hasMoved } from './router.ts';
import { showText } from './show-text.ts';

/** The page's one `h1`: names the window and, after a move inside the console, takes the focus, as a new page would. */
export function PageHeading({ title }: { title: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = showText(title);
  useEffect(() => {
    document.title = shown === 'Gatehouse' ? shown : `${shown} · Gatehouse`;
    if (hasMoved()) heading.current?.focus({ preventScroll: true });
  }, [shown]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {shown}
    </h1>
  );
}
