import { audit } from './audit.ts';
import { discovery } from './discovery.ts';
import { events } from './events.ts';
import { flame } from './flame.ts';
import { growth } from './growth.ts';
import { lists } from './lists.ts';
import type { Section } from './section.ts';
import { shortRequests } from './short-requests.ts';
import { streams } from './streams.ts';
import { watches } from './watches.ts';
import { workers } from './workers.ts';

/** In the order in which they run. */
export const SECTIONS: readonly Section[] = [
  shortRequests,
  lists,
  watches,
  events,
  streams,
  discovery,
  workers,
  growth,
  audit,
  flame,
];
