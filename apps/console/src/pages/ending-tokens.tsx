import { api } from '../api.ts';
import { Link } from '../link.tsx';
import { useLoaded } from '../use-loaded.ts';

/** Says that tokens made by hand end soon; those of a login end every day, and are asked for again by themselves. */
export function EndingTokens() {
  const { loaded } = useLoaded('own tokens', api.ownTokens);
  const ending =
    loaded.state === 'ready' ? loaded.value.filter((token) => token.expiresSoon && token.origin === 'request') : [];
  if (ending.length === 0) return null;
  return (
    <p className="bad">
      {ending.length === 1
        ? 'One of your access tokens ends soon.'
        : `${ending.length} of your access tokens end soon.`}{' '}
      <Link to="/-/tokens">Access tokens</Link>
    </p>
  );
}
