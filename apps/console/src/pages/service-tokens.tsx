import { useState } from 'react';
import { api } from '../api.ts';
import { Failure } from '../failure.tsx';
import { Link } from '../link.tsx';
import { showText } from '../show-text.ts';
import { useLoaded } from '../use-loaded.ts';
import { NewTokenForm } from './new-token-form.tsx';

/** Tokens for machines: of a service identity, which an admin has made. */
export function ServiceTokens({ onMade }: { onMade: () => void }) {
  const { loaded } = useLoaded('serviceidentities', () => api.list('serviceidentities'));
  const [chosen, setChosen] = useState('');
  return (
    <>
      <h2>For a machine</h2>
      <p>
        A token of one of the <Link to="/-/serviceidentities">service identities</Link>, which rules and mappings name
        like a person.
      </p>
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && (
        <>
          <label>
            Service identity
            <select value={chosen} onChange={(event) => setChosen(event.target.value)}>
              <option value="">choose one</option>
              {loaded.value.items.map(({ metadata }) => (
                <option key={metadata.name} value={metadata.name}>
                  {showText(metadata.name)}
                </option>
              ))}
            </select>
          </label>
          {chosen !== '' && (
            <NewTokenForm
              key={chosen}
              label={`New token of ${showText(chosen)}`}
              make={(request) => api.createServiceToken(chosen, request)}
              onMade={onMade}
            />
          )}
        </>
      )}
    </>
  );
}
