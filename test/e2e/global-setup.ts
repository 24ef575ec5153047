import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildKubelogin } from '../kubelogin/build-kubelogin.ts';
import { PEOPLE, type DemoGateway } from '../demo/start-demo-gateway.ts';
import { startDemoWorld } from '../demo/start-demo-world.ts';
import { findFreePort } from '../support/find-free-port.ts';
import { startPostgres } from '../support/postgres.ts';
import { INSPECTABLE } from '../support/read-live-memory.ts';
import { recordTraffic } from './record-traffic.ts';
import type { GatewayView, WorldView } from './world.ts';

const log = (line: string): void => void process.stderr.write(`e2e: ${line}\n`);

/**
 * One world for all end-to-end files: a real control plane, a real identity provider, a real PostgreSQL, and three
 * gateways as processes of their own (on SQLite, on PostgreSQL, and one whose way to the API server is recorded).
 * Tests are other processes: they see addresses and files, and act on the world by its control port.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'));
  const stops: (() => Promise<unknown> | void)[] = [() => rmSync(directory, { recursive: true, force: true })];
  const teardown = async (): Promise<void> => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    const aggregatedApi = { host: 'aggregated.example.com', port: await findFreePort() };
    const ports = [await findFreePort(), await findFreePort(), await findFreePort()] as [number, number, number];
    const postgres = await startPostgres();
    stops.push(() => postgres.stop());
    log(postgres.version);
    const kubelogin = await buildKubelogin(log);
    log(kubelogin.version);
    const world = await startDemoWorld({
      directory,
      gatewayPorts: ports,
      idTokenSeconds: 3600,
      externalNames: { [aggregatedApi.host]: aggregatedApi.port },
      log,
    });
    stops.push(() => world.stop());
    const { cluster, identityProvider } = world;
    log(`versions: ${JSON.stringify(cluster.versions)}`);
    const traffic = await recordTraffic(cluster.port);
    stops.push(() => traffic.stop());

    const databaseUrl = await postgres.createDatabase();
    const encryptionKey = randomBytes(32).toString('base64');
    const gateways: Record<GatewayView['engine'], DemoGateway> = {
      // Two workers whatever the machine has: what one is told, the other must know.
      sqlite: await world.startGateway({
        directory: 'sqlite',
        port: ports[0],
        environment: { GATEHOUSE_WORKERS: '2' },
      }),
      postgres: await world.startGateway({
        directory: 'postgres',
        port: ports[1],
        databaseUrl,
        encryptionKey,
        environment: { GATEHOUSE_WORKERS: '1', ...INSPECTABLE },
      }),
      recorded: await world.startGateway({
        directory: 'recorded',
        port: ports[2],
        serverUrl: `https://127.0.0.1:${traffic.port}`,
        environment: { GATEHOUSE_WORKERS: '1' },
      }),
    };
    const direct: WorldView['direct'] = {};
    for (const [name, group] of [
      ['alice', 'team-a-admins'],
      ['bob', 'team-a-viewers'],
      ['root', 'cluster-admins'],
    ] as const) {
      direct[name] = cluster.writeKubeconfig(
        `direct-${name}`,
        await cluster.issueClientCertificate({ user: `demo:${name}`, groups: [`demo:${group}`] }),
      );
    }
    const commands: Readonly<Record<string, (body: Record<string, string>) => unknown>> = {
      'append-log': ({ namespace = '', line = '' }) => cluster.appendLog(namespace, line),
      'stop-api-server': () => cluster.stopApiServer('SIGKILL'),
      'start-api-server': () => cluster.startApiServer(),
      'gateway-pid': ({ engine }) => gateways[engine as GatewayView['engine']].running().pid,
      'restart-gateway': ({ engine }) => gateways[engine as GatewayView['engine']].restart(),
      traffic: () => traffic.counts(),
      'dump-postgres': async () => ({ base64: (await postgres.dump(databaseUrl)).toString('base64') }),
      'pause-postgres': () => postgres.pause(),
      'resume-postgres': () => postgres.resume(),
      'client-certificate': ({ user = '', groups }) =>
        cluster.issueClientCertificate({ user, ...(groups ? { groups: groups.split('|') } : {}) }),
    };
    const control = createServer((request, response) => {
      void (async () => {
        try {
          let text = '';
          for await (const chunk of request) text += String(chunk);
          const command = commands[(request.url ?? '').slice(1)];
          if (!command) throw new Error(`no command ${request.url}`);
          response.end(JSON.stringify((await command(JSON.parse(text || '{}') as Record<string, string>)) ?? null));
        } catch (error) {
          response.writeHead(500).end(String(error));
        }
      })();
    });
    await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve));
    stops.push(() => void control.close());

    project.provide('world', {
      controlUrl: `http://127.0.0.1:${(control.address() as AddressInfo).port}`,
      directory,
      kubectlPath: cluster.kubectlPath,
      kubeloginPath: kubelogin.path,
      serverUrl: cluster.serverUrl,
      clusterCaPem: cluster.caPem,
      adminKubeconfig: cluster.adminKubeconfig,
      auditLogPath: cluster.auditLogPath,
      direct,
      aggregatedApi,
      identityProvider: {
        issuerUrl: identityProvider.issuerUrl,
        caPem: identityProvider.caPem,
        clientId: identityProvider.clientId,
        clientSecret: identityProvider.clientSecret,
        signingKey: identityProvider.signingKey as Record<string, string>,
      },
      gateways: Object.entries(gateways).map(([engine, gateway]) => ({
        engine: engine as GatewayView['engine'],
        url: gateway.url,
        port: gateway.port,
        caFile: gateway.caFile,
        directory: gateway.directory,
        logFile: gateway.logFile,
        environment: gateway.environment,
        daveUpstreamToken: gateway.daveUpstreamToken,
        people: Object.fromEntries(PEOPLE.map((name) => [name, gateway.people[name]])) as GatewayView['people'],
      })),
    });
    return teardown;
  } catch (error) {
    await teardown();
    throw error;
  }
}
