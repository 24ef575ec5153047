import { showText } from './show-text.ts';
import { showTime } from './show-time.ts';

/** A time in the reader's zone; the exact one on hovering. */
export function Time({ at }: { at: string | undefined }) {
  if (!at) return null;
  const exact = showText(at);
  return (
    <time dateTime={exact} title={exact}>
      {showTime(at) || exact}
    </time>
  );
}
