import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { validateObject } from '#resources';
import { copyTree, type TreeCopy } from './copy-tree.ts';
import { findComposeProblems } from './find-compose-problems.ts';
import { findDockerfileProblems } from './find-dockerfile-problems.ts';

let copy: TreeCopy;
beforeAll(() => {
  copy = copyTree();
  const prepared = spawnSync(join(copy.root, 'deploy/compose/prepare.sh'), { encoding: 'utf8' });
  expect(prepared.stderr).toBe('');
  expect(prepared.status).toBe(0);
});
afterAll(() => copy.remove());

const swap = (from: string, to: string) => (before: string) => {
  expect(before).toContain(from);
  return before.replace(from, to);
};

describe('docker-compose.yml', () => {
  test.each([
    [
      'a variable that the configuration does not know',
      'GATEHOUSE_LOG_LEVEL',
      'GATEHOUSE_LOGLEVEL',
      'GATEHOUSE_LOGLEVEL',
    ],
    [
      'a value that the configuration refuses',
      'GATEHOUSE_LOG_LEVEL: info',
      'GATEHOUSE_LOG_LEVEL: chatty',
      'GATEHOUSE_LOG_LEVEL',
    ],
    [
      'a mounted path that nobody makes',
      './deploy/compose/data/manifests:',
      './deploy/compose/data/objects:',
      'data/objects does not exist',
    ],
    ['a volume that is not declared', 'gateway-data:/var', 'gateway-files:/var', 'no volume gateway-files'],
    ['a secret that prepare.sh does not make', 'ENCRYPTION_KEY:?', 'SEALING_KEY:?', 'prepare.sh makes no SEALING_KEY'],
    ['a published port that nobody listens on', '127.0.0.1:8443:8443', '127.0.0.1:8443:8080', 'published is 8080'],
    ['a port open to the network', "'127.0.0.1:8443:8443'", "'8443:8443'", 'open to the network'],
    ['another external address', 'URL: https://127.0.0.1:8443', 'URL: https://127.0.0.1:9443', 'externalUrl'],
    ['a database under another name', '@database:5432', '@postgres:5432', 'no service postgres'],
    ['another database user', 'POSTGRES_USER: gatehouse', 'POSTGRES_USER: keeper', 'does not fit'],
    [
      'a Dockerfile elsewhere',
      'dockerfile: Dockerfile',
      'dockerfile: deploy/Dockerfile',
      'deploy/Dockerfile does not exist',
    ],
    [
      'a data folder that is lost with the container',
      ':/var/lib/gatehouse',
      ':/var/lib/elsewhere',
      'nothing is mounted',
    ],
    [
      'a service that is not there',
      'identity-provider:\n        condition',
      'login:\n        condition',
      'no service login',
    ],
    [
      'a provider at another address than the Issuer',
      'KC_HOSTNAME: https://keycloak.localhost',
      'KC_HOSTNAME: https://keycloak.example',
      'another address',
    ],
    ['a command that Keycloak does not have', "'start-dev'", "'launch'", 'no such command'],
    [
      'a certificate that is not mounted',
      '/etc/keycloak/tls/keycloak.crt',
      '/etc/keycloak/keycloak.crt',
      'not mounted',
    ],
  ])('is refused with %s', (_what, from, to, problem) => {
    const problems = copy.withPlanted('docker-compose.yml', swap(from, to), () => findComposeProblems(copy.root));
    expect(problems.join('\n')).toContain(problem);
  });

  test.each([
    ['a client that may not return', '127.0.0.1:8443/-/auth/callback', '127.0.0.1:8443/callback', 'may not return'],
    ['a client of another name', '"clientId": "gatehouse"', '"clientId": "gateway"', 'no client'],
    ['a password that is not set', '${ALICE_PASSWORD}', '${BOB_PASSWORD}', 'BOB_PASSWORD is not set'],
  ])('is refused with a realm that has %s', (_what, from, to, problem) => {
    const problems = copy.withPlanted('deploy/compose/realm.json', swap(from, to), () =>
      findComposeProblems(copy.root),
    );
    expect(problems.join('\n')).toContain(problem);
  });

  test('names only what is there', () => {
    expect(findComposeProblems(copy.root)).toEqual([]);
  });
});

describe('the Dockerfile', () => {
  test.each([
    ['a file that is not there', 'COPY bin ./bin', 'COPY binaries ./bin', 'binaries does not exist'],
    ['a stage that is not there', '--from=build /src/dist', '--from=builder /src/dist', 'no stage builder'],
    [
      'a variable that the configuration does not know',
      'GATEHOUSE_DATA_DIRECTORY=',
      'GATEHOUSE_DATA_DIR=',
      'no GATEHOUSE_DATA_DIR',
    ],
    ['another port than the gateway listens on', 'EXPOSE 8443', 'EXPOSE 443', 'EXPOSE 443'],
    [
      'a program that is not built',
      'dist/apps/gateway/main.js',
      'dist/apps/gateway/server.js',
      'server.js does not exist',
    ],
    [
      'a health check that is not there',
      '"deploy/docker/check-health.mjs"',
      '"deploy/docker/health.mjs"',
      'health.mjs does not exist',
    ],
    ['an npm script that is not there', 'npm run build', 'npm run compile', 'no script compile'],
    [
      'another Node than the pinned one',
      'FROM node:26-bookworm-slim AS',
      'FROM node:24-bookworm-slim AS',
      'not Node 26',
    ],
    ['root as its user', 'USER node', 'USER root', 'runs as root'],
  ])('is refused with %s', (_what, from, to, problem) => {
    const problems = copy.withPlanted('Dockerfile', swap(from, to), () => findDockerfileProblems(copy.root));
    expect(problems.join('\n')).toContain(problem);
  });

  test('names only what is there', () => {
    expect(findDockerfileProblems(copy.root)).toEqual([]);
  });
});

describe('the manifests that prepare.sh makes', () => {
  test('are valid objects, each of them', () => {
    const folder = join(copy.root, 'deploy/compose/data/manifests');
    const names = readdirSync(folder).flatMap((file) =>
      parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => {
        const validated = validateObject(document.toJS());
        expect(validated).toMatchObject({ ok: true });
        return document.get('kind');
      }),
    );
    expect(names.sort()).toEqual(['AccessRule', 'AccessRule', 'Issuer', 'Mapping']);
  });
});
