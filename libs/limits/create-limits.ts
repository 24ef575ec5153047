import { createPlaces, type Places } from './places.ts';
import type { Limits, LimitSettings, PersonKey, Taken } from './ports.ts';

/** Limits of one process. */
export function createLimits(settings: LimitSettings): Limits {
  const streams = createPlaces({ perKey: settings.maxStreamsPerPerson, total: settings.maxStreams });
  const requests = createPlaces({
    perKey: settings.maxRequestsInFlightPerPerson,
    total: settings.maxRequestsInFlight,
  });
  const take = (places: Places, person: PersonKey, reached: Readonly<Record<'perKey' | 'total', string>>): Taken => {
    const place = places.take(person.issuerUrl, person.subject);
    return typeof place === 'string' ? { ok: false, message: reached[place] } : place;
  };
  const streamsReached = {
    perKey: `you hold ${settings.maxStreamsPerPerson} streams (watches, logs, exec, attach, port-forward, proxies) at this gateway, the most that one person may; close some, or ask an admin for a higher limits.maxStreamsPerPerson`,
    total: `the gateway holds ${settings.maxStreams} streams, the most that it may; try again later`,
  };
  const requestsReached = {
    perKey: `${settings.maxRequestsInFlightPerPerson} of your requests are under way at this gateway, the most that one person may have; try again later`,
    total: `${settings.maxRequestsInFlight} requests are under way at the gateway, the most that it may have; try again later`,
  };
  return {
    takeStream: (person) => take(streams, person, streamsReached),
    takeRequest: (person) => take(requests, person, requestsReached),
    stats: () => ({ streams: streams.taken(), requestsInFlight: requests.taken() }),
  };
}
