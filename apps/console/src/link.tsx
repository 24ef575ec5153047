import type { MouseEvent, ReactNode } from 'react';
import { goTo, useLocation } from './router.ts';

/** A link inside the console; modified clicks stay the browser's. */
export function Link({ to, children }: { to: string; children: ReactNode }) {
  const { path } = useLocation();
  const onClick = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    goTo(to);
  };
  return (
    <a href={to} onClick={onClick} aria-current={path === to ? 'page' : undefined}>
      {children}
    </a>
  );
}
