import { ApiError } from './api.ts';
import { showLines, showText } from './show-text.ts';

/** What went wrong, in the gateway's own words. */
export function Failure({ error, title }: { error: Error; title?: string }) {
  const heading = title ?? (error instanceof ApiError && error.status === 403 ? 'Not allowed' : undefined);
  return (
    <div role="alert" className="failure">
      {heading && (
        <p>
          <strong>{showText(heading)}</strong>
        </p>
      )}
      <p className="lines">{showLines(error.message)}</p>
    </div>
  );
}
