import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { findPostgres } from './find-postgres.ts';
import { runCommand, type CommandResult } from './run-command.ts';

export interface TestPostgres {
  /** `postgres (PostgreSQL) 15.…`. */
  readonly version: string;
  /** Makes an empty database and answers its URL. */
  createDatabase(): Promise<string>;
  /** A plain-text dump, data included. */
  dump(databaseUrl: string): Promise<Buffer>;
  /** Takes the server down (and with `immediate` as a power cut would), keeping its data. */
  pause(mode?: 'fast' | 'immediate'): Promise<void>;
  /** Starts it again on the same port. */
  resume(): Promise<void>;
  /** All its processes stop where they are (SIGSTOP): connections stay open and nothing is answered. */
  freeze(): void;
  /** They go on. */
  thaw(): void;
  /** Takes it down for good and removes its files. */
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL in a temporary folder, on a free loopback port. It refuses to run as root, so that root hands it
 * to the `postgres` user of Debian's package.
 */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = await findPostgres();
  const asRoot = process.getuid?.() === 0;
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-postgres-'));
  if (asRoot) await giveToPostgres(folder);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const port = await freePort();
  const password = randomBytes(12).toString('hex');

  const run = async (program: string, args: readonly string[]): Promise<CommandResult> => {
    const command = [join(bin, program), ...args];
    const whole = asRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command;
    // Its own locale and folder: the caller's may be unreadable for the other user.
    const result = await runCommand(whole[0] as string, whole.slice(1), {
      cwd: '/',
      env: { ...process.env, PGPASSWORD: password, LC_ALL: 'C.UTF-8' },
    });
    if (result.code !== 0)
      throw new Error(`${program} failed (${result.code}): ${result.stderr}${result.stdout.toString('utf8')}`);
    return result;
  };
  const start = () =>
    run('pg_ctl', [
      '-D',
      data,
      '-l',
      join(folder, 'log'),
      '-w',
      '-t',
      '60',
      'start',
      '-o',
      `-p ${port} -k ${folder} -h 127.0.0.1`,
    ]);
  const stopServer = (mode: string) => run('pg_ctl', ['-D', data, '-w', '-t', '60', '-m', mode, 'stop']);
  const psql = (sql: string) =>
    run('psql', [
      '-X',
      '-q',
      '-h',
      folder,
      '-p',
      String(port),
      '-U',
      'gatehouse',
      '-d',
      'postgres',
      '-v',
      'ON_ERROR_STOP=1',
      '-c',
      sql,
    ]);

  const version = (await run('postgres', ['--version'])).stdout.toString('utf8').trim();
  try {
    // fsync stays on: what is measured and promised here is durability.
    await run('initdb', ['-D', data, '-U', 'gatehouse', '-A', 'trust', '-E', 'UTF8', '--locale', 'C.UTF-8']);
    await start();
    await psql(`ALTER USER gatehouse PASSWORD '${password}'`);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  console.log(`${version} on 127.0.0.1:${port}`);

  let running = true;
  // A test run that is cut short leaves no server behind.
  const atExit = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', atExit);
  return {
    version,
    async createDatabase() {
      const name = `test_${randomBytes(6).toString('hex')}`;
      await psql(`CREATE DATABASE ${name}`);
      return `postgres://gatehouse:${password}@127.0.0.1:${port}/${name}`;
    },
    dump: async (databaseUrl) => (await run('pg_dump', ['--inserts', databaseUrl])).stdout,
    async pause(mode = 'fast') {
      await stopServer(mode);
      running = false;
    },
    async resume() {
      await start();
      running = true;
    },
    freeze: () => signalAll(data, 'SIGSTOP'),
    thaw: () => signalAll(data, 'SIGCONT'),
    async stop() {
      if (running) signalAll(data, 'SIGCONT');
      if (running) await stopServer('immediate');
      running = false;
      process.removeListener('exit', atExit);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The postmaster first, so that it starts no more while the others are looked for. */
function signalAll(data: string, signal: NodeJS.Signals): void {
  const postmaster = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  process.kill(postmaster, signal);
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim();
  for (const pid of children.split(' ').filter(Boolean)) {
    try {
      process.kill(Number(pid), signal);
    } catch (error) {
      // A backend may end as soon as the postmaster goes on.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

async function giveToPostgres(folder: string): Promise<void> {
  const ids = await Promise.all(['-u', '-g'].map((flag) => runCommand('id', [flag, 'postgres'])));
  const [uid, gid] = ids.map((result) => Number(result.stdout.toString('utf8').trim()));
  if (ids.some((result) => result.code !== 0) || uid === undefined || gid === undefined) {
    throw new Error(
      'running as root, and there is no user "postgres" to run PostgreSQL as; install it with: apt-get install postgresql-15',
    );
  }
  chownSync(folder, uid, gid);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
