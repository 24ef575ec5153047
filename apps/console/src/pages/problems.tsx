import { ApiError } from '../api.ts';
import { Failure } from '../failure.tsx';
import { locateField } from '../locate-field.ts';
import { showLines, showText } from '../show-text.ts';

/** Why an object was not saved: every field at fault with a way to its line, or the gateway's sentence. */
export function Problems({
  error,
  text,
  onShow,
}: {
  error: Error;
  text: string;
  onShow: (start: number, end: number) => void;
}) {
  const causes = error instanceof ApiError ? error.causes : [];
  if (causes.length === 0) return <Failure error={error} title="Nothing was changed" />;
  return (
    <div role="alert" className="failure">
      <h2>{causes.length === 1 ? 'Not saved: 1 problem' : `Not saved: ${causes.length} problems`}</h2>
      <ul>
        {causes.map(({ field, message }) => {
          const place = field ? locateField(text, field) : undefined;
          return (
            <li key={`${field} ${message}`}>
              {field && <code>{showText(field)}</code>} <span className="lines">{showLines(message)}</span>{' '}
              {place && (
                <button type="button" className="link" onClick={() => onShow(place.start, place.end)}>
                  line {place.line}
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
