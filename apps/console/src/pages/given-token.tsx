import { showText } from '../show-text.ts';
import { showTime } from '../show-time.ts';
import type { Me } from '../types.ts';

/** What somebody gives who approves a program's login. */
export function GivenToken({ me, until }: { me: Me; until: string }) {
  return (
    <p>
      It gets an access token that does, as <code>{showText(me.username)}</code>, all that you may do on your clusters,
      until {showTime(until)} or until you revoke it. It can make no other tokens and does not reach the gateway’s own
      objects.
    </p>
  );
}
