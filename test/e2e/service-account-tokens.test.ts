import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServiceAccountTokens, openCluster, type ClusterConnection, type OwnCall } from '#clusters';
import { uuidV7 } from '#pipeline';
import { grantTokens, makeDeployer, removeDeployer } from './deployer.ts';
import { clusterAs } from './own-objects.ts';

describe('the holder of tokens', () => {
  const account = { namespace: 'team-a', name: 'deployer', audiences: [], expirationSeconds: 600 };
  let nowMs = Date.now();
  const calls: OwnCall[] = [];
  const tokens = createServiceAccountTokens({
    now: () => nowMs,
    newAuditId: uuidV7,
    begin: () => undefined,
    record: (call) => void calls.push(call),
  });
  let cluster: ClusterConnection;
  const open = async (user: string): Promise<ClusterConnection> => {
    const { spec } = await clusterAs('held', user);
    const { server, certificateAuthorityData, credential } = spec as {
      server: string;
      certificateAuthorityData: string;
      credential: { clientCertificateData: string; clientKeyData: string };
    };
    const pem = (data: string): string => Buffer.from(data, 'base64').toString();
    return await openCluster(
      {
        apiVersion: 'gatehouse.dev/v1alpha1',
        kind: 'Cluster',
        metadata: { name: 'held', uid: 'held' },
        spec: { server, certificateAuthorityData, credential: { type: 'clientCertificate' } },
      },
      {
        readSecret: async (field) =>
          pem(field === 'clientKey' ? credential.clientKeyData : credential.clientCertificateData),
        inClusterDirectory: '/nowhere',
        allowLoopback: false,
        connectTimeoutSeconds: 5,
        now: () => nowMs,
      },
    );
  };
  const get = async (from = cluster) => await tokens.get(from, account, 'request-1');
  const settled = async (count: number): Promise<void> => {
    for (let i = 0; i < 200 && calls.length < count; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls).toHaveLength(count);
  };
  beforeAll(async () => {
    await makeDeployer();
    await grantTokens();
    cluster = await open('gatehouse-accounts');
  });
  afterAll(async () => {
    await cluster.close();
    await removeDeployer();
  });

  it('remembers a refusal for two seconds, and no longer', async () => {
    const other = await open('somebody-without-rights');
    try {
      for (let i = 0; i < 3; i++)
        expect(await get(other)).toMatchObject({ ok: false, code: 'serviceAccountTokenRefused' });
      expect(calls).toHaveLength(1);
      nowMs += 2001;
      await get(other);
      expect(calls).toHaveLength(2);
      expect(calls[1]).toMatchObject({ statusCode: 403, onBehalfOf: 'request-1', cluster: 'held' });
    } finally {
      await other.close();
    }
  });

  it('asks once for many, keeps the token, and renews it at 80 % while the old one is used', async () => {
    calls.length = 0;
    const [first, ...others] = await Promise.all(Array.from({ length: 50 }, () => get()));
    expect(first).toMatchObject({ ok: true });
    for (const other of others) expect(other).toEqual(first);
    expect(calls).toHaveLength(1);
    nowMs += 479_000;
    expect(await get()).toEqual(first);
    expect(calls).toHaveLength(1);
    nowMs += 2000;
    expect(tokens.get(cluster, account, 'x')).toEqual(first);
    expect(tokens.get(cluster, account, 'x')).toEqual(first);
    await settled(2);
    expect(await get()).not.toEqual(first);
  });

  it('waits for a new one once the old one has ended, and forgets one that the cluster refused', async () => {
    calls.length = 0;
    const before = await get();
    nowMs += 600_000;
    const after = await get();
    expect(after).toMatchObject({ ok: true });
    expect(after).not.toEqual(before);
    expect(calls).toHaveLength(1);
    if (!before.ok || !after.ok) throw new Error('no token');
    tokens.forget(cluster, account, before.token);
    expect(await get()).toEqual(after);
    tokens.forget(cluster, account, after.token);
    expect(await get()).toMatchObject({ ok: false, code: 'serviceAccountTokenRejected' });
    nowMs += 2001;
    expect(await get()).toMatchObject({ ok: true });
    expect(calls).toHaveLength(2);
  });

  it('belongs to one connection: another one of the same cluster starts without', async () => {
    calls.length = 0;
    const again = await open('gatehouse-accounts');
    try {
      await get(again);
      expect(calls).toHaveLength(1);
    } finally {
      await again.close();
    }
  });

  it('says so where the cluster cannot be reached', async () => {
    const gone = { ...cluster, credentialProblem: 'this cluster has no credential' };
    expect(await get(gone)).toMatchObject({ ok: false, code: 'upstreamUnavailable' });
  });
});
