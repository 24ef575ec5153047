import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliFailure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { callGateway, type GatewayAddress } from './call-gateway.ts';
import { CLIENT_ID, clientName, readToken, refusalOf, type GivenToken } from './client.ts';

const WITHIN_MS = 10 * 60_000;
const random = (): string => randomBytes(32).toString('base64url');

/**
 * Opens the person's browser and waits on a loopback port for it to come back (RFC 8252), with PKCE, a state, and the
 * name of the gateway that answers (RFC 9207). @throws CliFailure.
 */
export async function logInByBrowser(gateway: GatewayAddress, terminal: Terminal): Promise<GivenToken> {
  const verifier = random();
  const state = random();
  const waiting = await waitOnLoopback(state, gateway.url);
  try {
    const { redirectUri } = waiting;
    const parameters = new URLSearchParams({
      response_type: 'code',
      client_id: CLIENT_ID,
      client_name: clientName(),
      redirect_uri: redirectUri,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state,
    });
    const address = `${gateway.url}/-/authorize?${parameters}`;
    terminal.say(`Go on in your browser; if it does not open, open ${address}`);
    openBrowser(address);
    const answer = await callGateway(gateway, '/-/auth/token', {
      form: {
        grant_type: 'authorization_code',
        client_id: CLIENT_ID,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        code: await waiting.code,
      },
    });
    const token = readToken(answer);
    if (!token) throw refusalOf(answer);
    return token;
  } finally {
    waiting.stop();
  }
}

async function waitOnLoopback(state: string, issuer: string) {
  let settle: { resolve(code: string): void; reject(error: Error): void } | undefined;
  const code = new Promise<string>((resolve, reject) => (settle = { resolve, reject }));
  // Whoever waits comes later.
  code.catch(() => {});
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const { searchParams: query } = url;
    const isOurs = url.pathname === '/callback' && query.get('state') === state && query.get('iss') === issuer;
    const page = (status: number, text: string): void =>
      void response
        .writeHead(status, {
          'content-type': 'text/plain; charset=utf-8',
          connection: 'close',
          'cache-control': 'no-store',
        })
        .end(`${text}\n`);
    // Any page may send a browser here; only the gateway knows the state.
    if (!isOurs) return page(404, 'This address only takes the answer to a login that was begun here.');
    const given = query.get('code');
    if (given === null) {
      page(200, 'The login was refused. You can close this page.');
      return settle?.reject(new CliFailure('the login was refused in the browser'));
    }
    page(200, 'You are logged in. You can close this page.');
    settle?.resolve(given);
  });
  await listen(server);
  const timer = setTimeout(() => settle?.reject(new CliFailure('nobody logged in in time; try again')), WITHIN_MS);
  return {
    code,
    redirectUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    stop(): void {
      clearTimeout(timer);
      server.close();
      // The answer is out; a browser that keeps the connection must not keep the command.
      server.closeIdleConnections();
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

function openBrowser(address: string): void {
  const [program, ...args] =
    process.platform === 'darwin'
      ? ['open', address]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', address]
        : ['xdg-open', address];
  const child = spawn(program as string, args, { stdio: 'ignore', detached: true });
  // The address stands on the terminal as well.
  child.on('error', () => {});
  child.unref();
}
