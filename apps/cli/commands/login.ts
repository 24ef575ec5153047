import type { Command } from 'commander';
import { CliFailure } from '../failure.ts';
import { isStillGood } from '../login/check-credential.ts';
import { callGateway, GatewayUnreachable } from '../login/call-gateway.ts';
import { openCredentialCache } from '../login/credential-cache.ts';
import { execCredential, readExecInfo } from '../login/exec-info.ts';
import { findGateway, type GatewayOptions } from '../login/find-gateway.ts';
import { logInByBrowser } from '../login/log-in-by-browser.ts';
import { logInByDevice } from '../login/log-in-by-device.ts';
import type { Terminal } from '../terminal.ts';

const withGateway = (command: Command): Command =>
  command
    .option('--server <url>', 'address of the gateway (also GATEHOUSE_SERVER; else the one that kubectl speaks to)')
    .option(
      '--certificate-authority <file>',
      'what the gateway’s certificate is signed by, where this machine does not know',
    );

/** The gateway that is meant, and the login there that this machine remembers. */
function openLogin(options: GatewayOptions, terminal: Terminal, info?: ReturnType<typeof readExecInfo>) {
  const cache = openCredentialCache(terminal.env);
  const gateway = findGateway(options, terminal, cache, info);
  return { cache, gateway, credential: cache.read(gateway.url) };
}

/** Logs a person in on their own machine; kubectl runs it as an exec plugin. Needs no configuration of the gateway. */
export function addLogin(program: Command, terminal: Terminal): void {
  withGateway(program.command('login'))
    .description('log in to a gateway, by a code that you type in a browser; for kubectl also as its exec plugin')
    .option('--browser', 'open the browser on this machine instead, and come back by itself')
    .action(async (options: GatewayOptions & { browser?: boolean }) => {
      const info = readExecInfo(terminal.env);
      const { cache, gateway, credential: kept } = openLogin(options, terminal, info);
      let credential = kept;
      const known = credential !== undefined && (await isStillGood({ ...credential, ...gateway }, terminal));
      if (!known) {
        const logIn = options.browser === true ? logInByBrowser : logInByDevice;
        credential = { ...gateway, ...(await logIn(gateway, terminal)) };
        cache.write(credential);
      }
      if (!credential) throw new CliFailure('no login');
      if (info) terminal.out(execCredential(info.apiVersion, credential));
      else terminal.say(`${known ? 'You are' : 'Logged'} in${known ? ' already' : ''}, until ${credential.expiresAt}.`);
    });
}

export function addLogout(program: Command, terminal: Terminal): void {
  withGateway(program.command('logout'))
    .description('end the login: the token is revoked at the gateway and forgotten here')
    .action(async (options: GatewayOptions) => {
      const { cache, gateway, credential } = openLogin(options, terminal);
      if (!credential) return terminal.say('You are not logged in.');
      // Forgotten first: whatever happens then, nobody finds it here.
      cache.remove(gateway.url);
      try {
        const { status } = await callGateway(gateway, '/-/auth/revoke', { form: { token: credential.token } });
        if (status !== 200) throw new CliFailure(`the gateway answered ${status}`);
      } catch (error) {
        if (!(error instanceof CliFailure)) throw error;
        const why = error instanceof GatewayUnreachable ? error.message : `${gateway.url}: ${error.message}`;
        throw new CliFailure([
          why,
          `The token is forgotten here, and ends at the gateway at ${credential.expiresAt}; end it sooner at ${gateway.url}/-/tokens`,
        ]);
      }
      terminal.say('Logged out.');
    });
}

export function addToken(program: Command, terminal: Terminal): void {
  withGateway(program.command('token'))
    .description('print the token of the login, for curl and other programs')
    .action(async (options: GatewayOptions) => {
      const { gateway, credential } = openLogin(options, terminal);
      if (!credential || !(await isStillGood({ ...credential, ...gateway }, terminal)))
        throw new CliFailure(`you are not logged in; run gatehouse login --server ${gateway.url}`);
      terminal.out(credential.token);
    });
}
