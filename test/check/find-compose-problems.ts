import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '#config';
import { environmentOf } from './find-dockerfile-problems.ts';
import { readDockerfile } from './read-dockerfile.ts';

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: unknown;
  readonly command?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

const ENV_FILE = 'deploy/compose/data/compose.env';

/** What docker-compose.yml in `root` names that is not there, does not fit together, or is unknown. Needs prepare.sh's files. */
export function findComposeProblems(root: string): string[] {
  const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
  const secrets = readSecrets(root);
  const problems = [...new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name))]
    .filter((name) => !(name in secrets))
    .map((name) => `prepare.sh makes no ${name}`);
  const compose: Compose = parse(
    text.replaceAll(/\$\{(\w+)[^}]*\}/g, (_all, name: string) => secrets[name] ?? 'missing'),
  );
  for (const [name, service] of Object.entries(compose.services)) {
    problems.push(...checkService(root, compose, service).map((problem) => `${name}: ${problem}`));
  }
  return [...problems, ...checkGateway(root, compose), ...checkProvider(root, compose)];
}

function readSecrets(root: string): Record<string, string> {
  const lines = readFileSync(join(root, ENV_FILE), 'utf8').split('\n');
  return Object.fromEntries(
    lines
      .filter((line) => line.includes('='))
      .map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
}

function checkService(root: string, compose: Compose, service: Service): string[] {
  const problems: string[] = [];
  if (service.build && !existsSync(join(root, service.build.context, service.build.dockerfile))) {
    problems.push(`${service.build.dockerfile} does not exist`);
  }
  if (!service.build && !service.image) problems.push('has neither image nor build');
  for (const volume of service.volumes ?? []) {
    const [source = ''] = volume.split(':');
    if (source.startsWith('.') && !existsSync(join(root, source))) problems.push(`${source} does not exist`);
    if (!source.startsWith('.') && !(source in (compose.volumes ?? {}))) problems.push(`there is no volume ${source}`);
  }
  for (const port of service.ports ?? []) {
    if (!/^127[.]0[.]0[.]1:\d+:\d+$/.test(port)) problems.push(`port ${port} is open to the network`);
  }
  for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
    const other = compose.services[name];
    if (other === undefined) problems.push(`there is no service ${name}`);
    else if (condition === 'service_healthy' && !other.healthcheck) problems.push(`${name} has no health check`);
  }
  return problems;
}

/** The gateway's variables must load, and lead to the database and the port that the other lines give. */
function checkGateway(root: string, compose: Compose): string[] {
  const { gateway, database } = compose.services;
  if (!gateway || !database) return ['the services gateway and database are missing'];
  const image = environmentOf(readDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8')));
  const env = { ...image, ...gateway.environment };
  const loaded = loadConfig({ env: asSeenFromOutside(root, gateway, env), workingDirectory: join(root, 'deploy') });
  if (!loaded.ok) return loaded.problems.map(({ path, message }) => `gateway: ${path} ${message}`);
  const problems: string[] = [];
  const url = new URL(String(env.GATEHOUSE_DATABASE_URL));
  const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = database.environment ?? {};
  if (!(url.hostname in compose.services)) problems.push(`there is no service ${url.hostname}`);
  if (
    url.username !== POSTGRES_USER ||
    url.password !== POSTGRES_PASSWORD ||
    url.pathname !== `/${POSTGRES_DB}` ||
    url.port !== '5432'
  ) {
    problems.push('the database URL does not fit the service database');
  }
  const published = gateway.ports?.map((port) => port.split(':'))[0] ?? [];
  if (Number(published[2]) !== loaded.config.listen.port)
    problems.push(`listens on ${loaded.config.listen.port}, published is ${published[2]}`);
  if (new URL(loaded.config.externalUrl).host !== `${published[0]}:${published[1]}`)
    problems.push('externalUrl is not where the port is published');
  for (const path of [env.GATEHOUSE_MANIFESTS_DIRECTORY, env.GATEHOUSE_DATA_DIRECTORY]) {
    if (!gateway.volumes?.some((volume) => volume.split(':')[1] === path))
      problems.push(`nothing is mounted at ${path}`);
  }
  return problems.map((problem) => `gateway: ${problem}`);
}

/** The configuration checks that folders exist: those of the container are looked for where they are mounted from. */
function asSeenFromOutside(
  root: string,
  service: Service,
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const mounts = (service.volumes ?? [])
    .map((volume) => volume.split(':'))
    .filter(([source]) => source?.startsWith('.'));
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      const [source] = mounts.find(([, target]) => target === value) ?? [];
      return [name, source === undefined ? value : join(root, source)];
    }),
  );
}

/** Keycloak, its realm and the Issuer manifest must speak of the same address, client and callback. */
function checkProvider(root: string, compose: Compose): string[] {
  const provider = compose.services['identity-provider'];
  const env = provider?.environment ?? {};
  const realm = JSON.parse(readFileSync(join(root, 'deploy/compose/realm.json'), 'utf8'));
  const issuer = parse(readFileSync(join(root, 'deploy/compose/data/manifests/issuer.yaml'), 'utf8')).spec;
  const external = compose.services.gateway?.environment?.GATEHOUSE_EXTERNAL_URL ?? '';
  const client = realm.clients.find((one: { clientId: string }) => one.clientId === issuer.login.clientID);
  const mounted = (path: string | undefined): boolean => {
    const volume = provider?.volumes?.find(
      (one) => path?.startsWith(`${one.split(':')[1]}/`) || path === one.split(':')[1],
    );
    const [source = '', target = ''] = volume?.split(':') ?? [];
    return volume !== undefined && existsSync(join(root, source, (path ?? '').slice(target.length)));
  };
  const wrong: [boolean, string][] = [
    [issuer.issuer.url !== `${env.KC_HOSTNAME}/realms/${realm.realm}`, 'the Issuer has another address'],
    [new URL(env.KC_HOSTNAME ?? 'https://missing').port !== env.KC_HTTPS_PORT, 'KC_HOSTNAME has another port'],
    [
      !provider?.ports?.some((port) => port.endsWith(`:${env.KC_HTTPS_PORT}:${env.KC_HTTPS_PORT}`)),
      'its port is not published',
    ],
    [client === undefined, 'the realm has no client of that name'],
    [!client?.redirectUris.includes(`${external}/-/auth/callback`), 'the client may not return to the gateway'],
    [!issuer.issuer.audiences.includes(client?.clientId), 'the Issuer does not accept the client as audience'],
    [
      !mounted(env.KC_HTTPS_CERTIFICATE_FILE) || !mounted(env.KC_HTTPS_CERTIFICATE_KEY_FILE),
      'its certificate is not mounted',
    ],
    [!mounted('/opt/keycloak/data/import/realm.json'), 'its realm is not mounted'],
    [!['start', 'start-dev'].includes(provider?.command?.[0] ?? ''), 'Keycloak has no such command'],
    ...[...JSON.stringify(realm).matchAll(/\$\{(\w+)\}/g)].map(([, name = '']): [boolean, string] => [
      !(name in env),
      `the realm's ${name} is not set`,
    ]),
  ];
  return wrong.filter(([bad]) => bad).map(([, problem]) => `identity-provider: ${problem}`);
}
