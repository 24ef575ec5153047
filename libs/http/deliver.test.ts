import { afterEach, describe, expect, it } from 'vitest';
import { closeDelivered, StallTimer, unsentBytes } from './deliver.ts';
import { HeldSocket, openPair, Planted, readAll, soon, stopAll, throwPlanted } from './testdata/fakes.ts';

afterEach(stopAll);

const MANY = 8 * 1024 * 1024;
const noOwner = { broke: throwPlanted };

describe('unsent bytes', () => {
  it('of a stream without a handle are those that it holds', () => {
    const socket = new HeldSocket();
    socket.write(Buffer.alloc(100));
    socket.write(Buffer.alloc(20));
    expect(unsentBytes(socket)).toBe(120);
  });

  it('fall within one large write as the peer reads, and are none in the end', async () => {
    const { near, far } = await openPair();
    near.write(Buffer.alloc(MANY));
    await soon(20);
    const before = unsentBytes(near);
    expect(before).toBeGreaterThan(0);
    let during = before;
    await new Promise<void>((resolve) => {
      let left = MANY;
      far.on('data', (chunk: Buffer) => {
        left -= chunk.length;
        if (left > 0 && near.writableLength > 0) during = Math.min(during, unsentBytes(near));
        if (left === 0) resolve();
      });
    });
    await soon(10);
    expect(during).toBeLessThan(before);
    expect(unsentBytes(near)).toBe(0);
  });
});

describe('a stall timer', () => {
  function heldTimer(limitMs: number, onStalled: () => void) {
    const socket = new HeldSocket();
    for (let i = 0; i < 20; i++) socket.write('x');
    return { socket, timer: new StallTimer(noOwner, socket, limitMs, onStalled) };
  }

  it('gives what its callback throws to its owner, once', async () => {
    const errors: unknown[] = [];
    const socket = new HeldSocket();
    socket.write('x');
    new StallTimer({ broke: (error) => void errors.push(error) }, socket, 30, throwPlanted).start();
    await soon(120);
    expect(errors).toEqual([expect.any(Planted)]);
  });

  it('does not fire once it is stopped', async () => {
    let fired = 0;
    const { timer } = heldTimer(30, () => fired++);
    timer.start();
    timer.stop();
    await soon(80);
    expect(fired).toBe(0);
  });

  it('counts from the last byte that the peer took, and fires once', async () => {
    let firedAt = 0;
    let fired = 0;
    const { socket, timer } = heldTimer(200, () => {
      fired++;
      firedAt = performance.now();
    });
    timer.start();
    for (let i = 0; i < 7; i++) {
      await soon(40);
      socket.takeOne();
    }
    const lastTakenAt = performance.now();
    expect(fired).toBe(0);
    await soon(400);
    expect(fired).toBe(1);
    expect(firedAt - lastTakenAt).toBeGreaterThan(140);
  });

  it('that counts already is not set back by another start', async () => {
    let fired = 0;
    const { timer } = heldTimer(100, () => fired++);
    timer.start();
    for (let i = 0; i < 5; i++) {
      await soon(40);
      timer.start();
    }
    expect(fired).toBeGreaterThan(0);
    timer.stop();
  });
});

describe('a socket that is closed behind its last bytes', () => {
  it('is destroyed when the peer takes none of them for a time', async () => {
    const socket = new HeldSocket();
    socket.write('never taken');
    closeDelivered(socket, 40);
    await soon(20);
    expect(socket.destroyed).toBe(false);
    await soon(100);
    expect(socket.destroyed).toBe(true);
  });

  it('is destroyed when the peer has everything and does not close its own side', async () => {
    const { near, far } = await openPair({ allowHalfOpen: true });
    far.resume();
    near.write('all');
    closeDelivered(near, 5000, 40);
    await new Promise((resolve) => near.once('close', resolve));
    expect(far.readableEnded).toBe(true);
  });

  it('brings everything to a peer that is slower than the limit but goes on reading', async () => {
    const { near, far } = await openPair({ allowHalfOpen: true });
    near.write(Buffer.alloc(MANY));
    closeDelivered(near, 100);
    let bytes = 0;
    far.on('readable', () => {
      const chunk = far.read() as Buffer | null;
      bytes += chunk?.length ?? 0;
    });
    await new Promise((resolve) => far.once('end', resolve));
    expect(bytes).toBe(MANY);
  });

  it('reads and drops what the peer still sends, so that no reset overtakes the last bytes', async () => {
    const { near, far } = await openPair({ allowHalfOpen: true });
    const { text } = readAll(far);
    far.write(Buffer.alloc(256 * 1024));
    near.write('the last word');
    closeDelivered(near, 1000);
    await new Promise((resolve) => far.once('end', resolve));
    far.end();
    await new Promise((resolve) => near.once('close', resolve));
    expect([text(), near.bytesRead]).toEqual(['the last word', 256 * 1024]);
  });

  it('is left alone where it is closed already', () => {
    const socket = new HeldSocket();
    socket.destroy();
    closeDelivered(socket, 10);
    expect(socket.listenerCount('finish')).toBe(0);
  });
});
