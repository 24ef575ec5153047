import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let moved = false;

function tell(): void {
  moved = true;
  listeners.forEach((listener) => listener());
}
window.addEventListener('popstate', tell);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Path and query of the page. */
export function useLocation(): { path: string; search: string } {
  const text = useSyncExternalStore(subscribe, () => window.location.pathname + window.location.search);
  const at = text.indexOf('?');
  return at < 0 ? { path: text, search: '' } : { path: text.slice(0, at), search: text.slice(at) };
}

/** Goes to a path of the console without loading it anew; going where one is makes no new entry in the history. */
export function goTo(target: string): void {
  if (target === window.location.pathname + window.location.search) window.history.replaceState(null, '', target);
  else window.history.pushState(null, '', target);
  window.scrollTo(0, 0);
  tell();
}

/** False until the first move inside the console: a page that was just loaded keeps the browser's own focus. */
export const hasMoved = (): boolean => moved;
