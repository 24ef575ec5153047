import 'reflect-metadata';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { Strategy } from 'passport';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity, Narrowing } from '#model';
import { CONTROLLERS, createControlPlane, type ControlPlane, type ControlPlanePorts } from './create-control-plane.ts';
import type { RecordAct } from './ports.ts';

/** Routes that ask for nobody: a new one is added here by whoever has thought about it. */
const PUBLIC = [
  'GET /-/healthz',
  'GET /-/readyz',
  'GET /-/auth/issuers',
  'GET /-/auth/login',
  'GET /-/auth/callback',
  'POST /-/auth/device',
  'POST /-/auth/token',
  'POST /-/auth/revoke',
  'POST /-/auth/backchannel-logout',
];
/** Routes that a narrowed token reaches. */
const FOR_NARROWED = ['GET /-/me'];

const textOf = (path: unknown): string => (Array.isArray(path) ? String(path[0]) : String(path ?? ''));
const ROUTES = CONTROLLERS.flatMap((controller) => {
  const base = textOf(Reflect.getMetadata(PATH_METADATA, controller));
  const handlers = controller.prototype as unknown as Record<string, object>;
  return Object.getOwnPropertyNames(handlers).flatMap((name) => {
    const handler = handlers[name] as object;
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    const path = [base, textOf(Reflect.getMetadata(PATH_METADATA, handler))].join('/').replace(/\/+/g, '/');
    return [`${RequestMethod[method]} /${path.replace(/^\/|\/$/g, '')}`];
  });
});

class NoLogin extends Strategy {
  override name = 'oidc';
  override authenticate(): void {
    this.pass();
  }
}

describe('below /-/', () => {
  let plane: ControlPlane;
  let server: Server;
  let narrowing: Narrowing | undefined;
  const recorded: Parameters<RecordAct>[0][] = [];
  const identity = (): Identity =>
    ({ username: 'demo:alice', credential: { kind: 'token', id: 'x' }, narrowing }) as unknown as Identity;

  beforeAll(async () => {
    // A handler that is reached finds nothing to work with: 500, which is another code than a refusal.
    const ports = {
      readPerson: () => Promise.resolve({ outcome: 'identified', identity: identity() }),
      acts: { start: () => Promise.resolve(), record: (act: never) => recorded.push(act), fail: () => {} },
      me: { describe: () => Promise.resolve({ user: 'demo:alice' }) },
      login: { strategy: new NoLogin() },
      limitLogins: (_request: unknown, _response: unknown, next: () => void) => next(),
      alive: () => true,
      readiness: () => ({ ready: true, reasons: [] }),
      consoleDirectory: '/nowhere',
      externalUrl: 'https://gatehouse.example',
      log: { info: () => {}, warn: () => {}, error: () => {} },
    };
    plane = await createControlPlane(ports as unknown as ControlPlanePorts);
    server = createServer((request, response) => plane.handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server?.close();
    await plane?.close();
  });
  const ask = (route: string): Promise<Response> => {
    const [method, path = ''] = route.split(' ');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path.replace(/:\w+/g, 'demo')}`;
    return fetch(url, { method: method as string, redirect: 'manual' });
  };

  test('there are the routes of all controllers', () => {
    expect(ROUTES).toContain('DELETE /-/me/tokens/:id');
    expect(ROUTES).toContain('PUT /-/me/upstream-tokens/:cluster');
    expect(ROUTES).toEqual(expect.arrayContaining([...PUBLIC, ...FOR_NARROWED]));
    expect(ROUTES.length).toBeGreaterThan(25);
  });

  const closed = ROUTES.filter((route) => !PUBLIC.includes(route) && !FOR_NARROWED.includes(route));
  test.each(closed)('%s is refused to a narrowed token, recorded, and reached by one that is not', async (route) => {
    for (const list of [{ clusters: ['demo'] }, { verbs: ['get'] }, { namespaces: ['a'] }, { resources: ['pods'] }]) {
      narrowing = list;
      recorded.length = 0;
      const response = await ask(route);
      expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('narrowed') as string]);
      expect(recorded).toMatchObject([{ outcome: 'refused', code: 'denied', statusCode: 403 }]);
    }
    for (const none of [undefined, {}]) {
      narrowing = none;
      expect(await (await ask(route)).text()).not.toContain('narrowed');
    }
  });

  test.each(FOR_NARROWED)('%s is answered', async (route) => {
    narrowing = { clusters: ['demo'] };
    expect(await (await ask(route)).json()).toEqual({ user: 'demo:alice' });
  });
});
