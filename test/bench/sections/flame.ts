import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runWrk } from '../measure/run-wrk.ts';
import { bearerOf, inventPeople, podPath } from '../people.ts';
import { startGatehouse } from '../peers/start-gatehouse.ts';
import { drawFlame } from '../profile/draw-flame.ts';
import { joinThreads, readFrames, type CpuProfile, type Frame } from '../profile/read-profile.ts';
import { shareByRoom } from '../profile/share-by-room.ts';
import { ask } from './ask.ts';
import type { Section } from './section.ts';

const CONNECTIONS = 32;
const SECONDS = 8;

/** Where the time of short requests goes, as a picture; apart from what is measured, since a profiler takes its part. */
export const flame: Section = {
  name: 'flame',
  subjects: [],
  async measure(world) {
    const people = await inventPeople(world.issuer);
    const folder = join(world.directory, 'profiles');
    mkdirSync(folder, { recursive: true });
    const peer = await startGatehouse(world, { name: 'profiled', cpuProfileDirectory: folder });
    const { origin, requestsFile } = ask(world, peer, people, podPath, bearerOf);
    const load = await runWrk({ origin, requestsFile, connections: CONNECTIONS, seconds: SECONDS });
    await peer.stop();
    await world.stopPeers();
    const threads = readdirSync(folder)
      .filter((name) => name.endsWith('.cpuprofile'))
      .map((name): [string, Frame] => [
        threadOf(name),
        readFrames(JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile, SECONDS * 1e6),
      ]);
    const [, requests] = threads.find(([name]) => name === 'requests') ?? [];
    if (!requests || load.badAnswers > 0) throw new Error('no profile of answered requests was written');
    return {
      results: { profile: shareByRoom(requests) },
      text: `profile of ${load.requests} requests: ${threads.map(([name, { totalMicros }]) => `${name} ${Math.round(totalMicros / 1000)} ms`).join(', ')}`,
      pictures: { 'flame.svg': drawFlame(joinThreads(threads), `${load.requests} short requests`) },
      voids: [],
    };
  },
};

/** `CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile`; thread 0 is the one that serves. */
const threadOf = (file: string): string => (file.split('.').at(-3) === '0' ? 'requests' : 'SQLite');
