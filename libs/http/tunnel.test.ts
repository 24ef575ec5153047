import { afterEach, describe, expect, it } from 'vitest';
import { READ_TO_LEND } from './lend-reads.ts';
import { HeldSocket, openPair, soon, stopAll } from './testdata/fakes.ts';
import { Tunnel, type TunnelEnd } from './tunnel.ts';

afterEach(stopAll);

async function open(stalledMs: number) {
  const client = new HeldSocket({ allowHalfOpen: true });
  const { near: upstream, far } = await openPair({ allowHalfOpen: true, ...READ_TO_LEND });
  const { promise: over, resolve } = Promise.withResolvers<TunnelEnd>();
  const tunnel = new Tunnel(client, upstream, stalledMs, resolve);
  tunnel.open(Buffer.alloc(0), Buffer.alloc(0));
  return { client, far, over };
}

describe('a tunnel whose upstream has ended', () => {
  it('gives up a client that takes nothing of what is left, and names it', async () => {
    const { client, far, over } = await open(200);
    far.end('left over');
    expect(await over).toMatchObject({
      aborted: 'client',
      cause: { message: 'the client took none of 9 bytes for 0.2 s' },
    });
    expect(client.destroyed).toBe(true);
  });

  it('counts from the last byte that the client took, and ends it only behind everything', async () => {
    const { client, far, over } = await open(400);
    const ended = new Promise<string>((resolve) => client.once('finish', () => resolve(client.received)));
    for (let i = 0; i < 6; i++) {
      far.write(`${i}`);
      await soon(60);
    }
    far.end();
    for (let i = 0; i < 8; i++) {
      await soon(200);
      client.takeOne();
    }
    expect(await ended).toBe('012345');
    // The client closes its side, as one that has received everything does.
    client.push(null);
    expect(await over).toEqual({});
  });

  it('says so where the client leaves before it has received everything', async () => {
    const { client, far, over } = await open(5000);
    far.end('left over');
    await soon(100);
    client.destroy();
    expect(await over).toMatchObject({
      aborted: 'client',
      cause: { message: 'the client closed before it had received 9 bytes' },
    });
  });
});

describe('a tunnel whose client has ended', () => {
  it('brings everything to an upstream that rests, and what that sends afterwards to the client', async () => {
    const { client, far, over } = await open(400);
    client.reads = true;
    client.push(Buffer.alloc(4 * 1024 * 1024, 'x'));
    client.push(null);
    await soon(200);
    let bytes = 0;
    far.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await new Promise((resolve) => far.once('end', resolve));
    expect(bytes).toBe(4 * 1024 * 1024);
    far.end('and a last word');
    expect(await over).toEqual({});
    expect(client.received).toBe('and a last word');
  });
});

it('an error in a callback ends both sides of its tunnel, and is reported', async () => {
  const { client, far, over } = await open(5000);
  client.takeOne = () => {
    throw new Error('planted');
  };
  client.reads = true;
  const closed = new Promise((resolve) => far.once('end', resolve));
  far.resume();
  far.write('bytes');
  expect(await over).toMatchObject({ aborted: 'gateway', cause: { message: 'planted' } });
  await closed;
  expect(client.destroyed).toBe(true);
});
