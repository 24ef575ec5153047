import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
const tell = (): void => listeners.forEach((listener) => listener());
window.addEventListener('popstate', tell);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Path and query of the page, and how to go elsewhere without loading it anew. */
export function useLocation(): { path: string; search: string } {
  const text = useSyncExternalStore(subscribe, () => window.location.pathname + window.location.search);
  const at = text.indexOf('?');
  return at < 0 ? { path: text, search: '' } : { path: text.slice(0, at), search: text.slice(at) };
}

export function goTo(target: string, replace = false): void {
  if (replace) window.history.replaceState(null, '', target);
  else window.history.pushState(null, '', target);
  tell();
}
