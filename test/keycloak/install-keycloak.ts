// Keycloak comes from Maven Central once, is unpacked and built for a fast start, and lies in the cache outside the
// checkout, keyed by its version.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheDirectory, type Log } from '../cluster/build-go-programs.ts';
import { holdLock } from '../cluster/hold-lock.ts';

export const KEYCLOAK_VERSION = '26.7.3';
/** Of the zip: what is served under this version must be what was tested. */
const SHA256 = '27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f';
const ARTIFACT = `org.keycloak:keycloak-quarkus-dist:${KEYCLOAK_VERSION}:zip`;
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';

/** The folder of Keycloak, ready for `bin/kc.sh start --optimized`. @throws Error that says what is missing. */
export async function installKeycloak(log: Log): Promise<string> {
  const directory = join(cacheDirectory(), 'keycloak', KEYCLOAK_VERSION);
  const home = join(directory, `keycloak-${KEYCLOAK_VERSION}`);
  const built = join(directory, 'built');
  if (existsSync(built)) return home;
  mkdirSync(directory, { recursive: true });
  await holdLock(
    join(directory, 'lock'),
    (owner, seconds) => {
      if (seconds % 15 === 0) log(`waiting for process ${owner}, which is installing Keycloak … ${seconds} s`);
    },
    async () => {
      if (existsSync(built)) return;
      log(`installing Keycloak ${KEYCLOAK_VERSION} (once; some minutes)`);
      const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-keycloak-'));
      try {
        await run('mvn', ['-q', '-B', COPY, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${scratch}`], 'maven');
        const zip = join(scratch, `keycloak-quarkus-dist-${KEYCLOAK_VERSION}.zip`);
        const digest = await sha256Of(zip);
        if (digest !== SHA256) throw new Error(`Keycloak ${KEYCLOAK_VERSION} is not the one that is known: ${digest}`);
        rmSync(home, { recursive: true, force: true });
        await run('unzip', ['-q', '-o', zip, '-d', directory], 'unzip');
        await run(join(home, 'bin/kc.sh'), ['build', '--db=dev-mem'], 'openjdk-17-jre-headless');
        writeFileSync(built, '');
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    },
  );
  return home;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function run(program: string, args: readonly string[], debianPackage: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const keep = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-4000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (cause) =>
      reject(new Error(`${program} cannot be run; install the Debian package ${debianPackage}`, { cause })),
    );
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ${args[0]} ended with ${code}: ${said}`)),
    );
  });
}
