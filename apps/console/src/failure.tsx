import { ApiError } from './api.ts';
import { showText } from './show-text.ts';

/** What went wrong, in the gateway's own words, with every field that is at fault. */
export function Failure({ error }: { error: Error }) {
  const causes = error instanceof ApiError ? error.causes : [];
  return (
    <div role="alert" className="failure">
      <p>{showText(error.message)}</p>
      {causes.length > 0 && (
        <ul>
          {causes.map((cause) => (
            <li key={`${cause.field}${cause.message}`}>
              <code>{showText(cause.field ?? '')}</code>: {showText(cause.message)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
