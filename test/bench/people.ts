import { writeFileSync } from 'node:fs';
import type { Issuer, Person } from './issuer.ts';

/** A thousand is the least that counts: below that every cache of every peer looks better than it is. */
export const PEOPLE = 1000;
const TEAMS = 20;

export interface Caller extends Person {
  readonly namespace: string;
  readonly token: string;
}

/** People of twenty teams, each in a group of the team, of everybody and of the floor, each with an ID token. */
export async function inventPeople(issuer: Issuer): Promise<Caller[]> {
  return await Promise.all(
    Array.from({ length: PEOPLE }, async (_, at): Promise<Caller> => {
      const namespace = teamOf(at);
      const person = {
        name: `person-${String(at).padStart(4, '0')}`,
        groups: ['everybody', namespace, `floor-${at % 7}`],
      };
      return { ...person, namespace, token: await issuer.sign(person) };
    }),
  );
}

export const TEAM_NAMES: readonly string[] = Array.from({ length: TEAMS }, (_, at) => teamOf(at));

function teamOf(at: number): string {
  return `team-${String(at % TEAMS).padStart(2, '0')}`;
}

/** What kubectl sends beside its credential. */
const KUBECTL = {
  'User-Agent': 'kubectl/v1.36.3 (linux/amd64) kubernetes/0000000',
  Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'Accept-Encoding': 'gzip',
};

/** One line a person for send.lua. */
export function writeRequests(
  file: string,
  people: readonly Caller[],
  pathOf: (person: Caller) => string,
  credentialOf: (person: Caller, at: number) => Readonly<Record<string, string>>,
): string {
  const lines = people.map((person, at) => {
    const headers = { ...KUBECTL, ...credentialOf(person, at) };
    return [pathOf(person), ...Object.entries(headers).flat()].join('\t');
  });
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}

export const bearerOf = (person: Caller): Record<string, string> => ({ Authorization: `Bearer ${person.token}` });
export const podPath = (person: Caller): string => `/api/v1/namespaces/${person.namespace}/pods/web`;
