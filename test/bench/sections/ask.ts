import { join } from 'node:path';
import type { Subject } from '../measure/run-load.ts';
import { writeRequests, type Caller } from '../people.ts';
import type { Peer } from '../peers/peer.ts';
import type { World } from '../world.ts';

/** What these people ask of this peer: one request each, in turn. */
export function ask(
  world: World,
  peer: Peer,
  people: readonly Caller[],
  pathOf: (person: Caller) => string,
  credentialOf: (person: Caller, at: number) => Readonly<Record<string, string>>,
): Subject {
  const file = join(world.directory, `${peer.name}.requests`);
  return {
    ...peer,
    requestsFile: writeRequests(file, people, (person) => peer.prefix + pathOf(person), credentialOf),
  };
}
