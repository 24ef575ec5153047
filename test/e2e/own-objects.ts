import { expect } from 'vitest';
import { send, type Answer } from './send-request.ts';
import { control, world, type GatewayView } from './world.ts';

const BASE = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1';

export interface OwnObject {
  readonly kind: 'Cluster' | 'Issuer' | 'Mapping' | 'AccessRule' | 'ServiceIdentity';
  readonly name: string;
  readonly spec: object;
}

const pathOf = (kind: OwnObject['kind']): string =>
  `${BASE}/${kind === 'ServiceIdentity' ? 'serviceidentities' : `${kind.toLowerCase()}s`}`;

/** Creates an object by the gateway's API, as root; the next request is judged by it. */
export async function createObject(gateway: GatewayView, object: OwnObject): Promise<Answer> {
  const { kind, name, spec } = object;
  return await write(gateway, 'POST', pathOf(kind), {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind,
    metadata: { name },
    spec,
  });
}

export async function replaceObject(gateway: GatewayView, object: OwnObject): Promise<Answer> {
  const { kind, name, spec } = object;
  return await write(gateway, 'PUT', `${pathOf(kind)}/${name}`, {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind,
    metadata: { name },
    spec,
  });
}

/** Creates several, and answers how to delete them again. */
export async function createObjects(gateway: GatewayView, objects: readonly OwnObject[]): Promise<() => Promise<void>> {
  for (const object of objects) {
    const answer = await createObject(gateway, object);
    expect(answer.status, answer.body).toBe(201);
  }
  return async () => {
    for (const object of objects) await deleteObject(gateway, object);
  };
}

export async function deleteObject(gateway: GatewayView, { kind, name }: Omit<OwnObject, 'spec'>): Promise<void> {
  await send(gateway, `${pathOf(kind)}/${name}`, { method: 'DELETE', token: gateway.people.root.idToken });
}

/** The demo's root may do everything on every cluster; on one that he may not, a credential need not either. */
export async function limitToDemo(gateway: GatewayView, rule: string): Promise<() => Promise<void>> {
  const path = `${BASE}/accessrules/${rule}`;
  const read = await send(gateway, path, { token: gateway.people.root.idToken });
  const { spec } = JSON.parse(read.body) as { spec: object };
  const save = async (changed: object): Promise<void> => {
    const answer = await replaceObject(gateway, { kind: 'AccessRule', name: rule, spec: changed });
    expect(answer.status, answer.body).toBe(200);
  };
  await save({ ...spec, clusters: ['demo'] });
  return async () => await save(spec);
}

/** A Cluster object for the world's API server, with a client certificate of a user of its own. */
export async function clusterAs(name: string, user: string): Promise<OwnObject> {
  const { certPem, keyPem } = await control<{ certPem: string; keyPem: string }>('client-certificate', { user });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return {
    kind: 'Cluster',
    name,
    spec: {
      server: world().serverUrl,
      certificateAuthorityData: base64(world().clusterCaPem),
      credential: { clientCertificateData: base64(certPem), clientKeyData: base64(keyPem) },
    },
  };
}

async function write(gateway: GatewayView, method: string, path: string, body: object): Promise<Answer> {
  return await send(gateway, path, {
    method,
    token: gateway.people.root.idToken,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
