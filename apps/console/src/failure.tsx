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
      {error instanceof ApiError && error.loginPath !== undefined && <LogInAgain path={error.loginPath} />}
    </div>
  );
}

/** In another tab, so that what was written here stays; both tabs share the new session. */
function LogInAgain({ path }: { path: string }) {
  const returnTo = encodeURIComponent(window.location.pathname + window.location.search);
  // From the gateway's own answer; anything but its login is no link.
  if (!path.startsWith('/-/auth/login?')) return null;
  return (
    <p>
      <a className="button" href={`${path}&returnTo=${returnTo}`} target="_blank" rel="noopener">
        Log in again
      </a>{' '}
      It opens another tab; then try once more here.
    </p>
  );
}
