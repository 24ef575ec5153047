const two = (value: number): string => String(value).padStart(2, '0');

/** A time in the reader's own zone, in digits that sort: `2026-01-31 14:05:09`. What is no time is '' . */
export function showTime(timestamp: string | undefined): string {
  return toLocalInput(timestamp).replace('T', ' ');
}

/** A time as `<input type="datetime-local" step="1">` holds it, in the reader's zone; '' for what is no time. */
export function toLocalInput(timestamp: string | undefined): string {
  const time = new Date(timestamp ?? '');
  if (Number.isNaN(time.getTime())) return '';
  const date = `${String(time.getFullYear()).padStart(4, '0')}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date}T${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** The RFC 3339 time that such an input means; '' where it is empty or no time. */
export function fromLocalInput(value: string): string {
  const time = new Date(value);
  return value === '' || Number.isNaN(time.getTime()) ? '' : time.toISOString().replace('.000Z', 'Z');
}

/** How long ago, in the unit that says most: `12s`, `5m`, `3h`, `8d`. */
export function showAge(timestamp: string | undefined, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(timestamp ?? '')) / 1000));
  if (Number.isNaN(seconds)) return '';
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** The zone that `showTime` shows times in, like `Europe/Vienna`. */
export function readerZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
