import { CliFailure } from '../failure.ts';
import { visible, type Terminal } from '../terminal.ts';
import { callGateway, GatewayUnreachable, type GatewayAddress, type GatewayAnswer } from './call-gateway.ts';
import { CLIENT_ID, clientName, readToken, refusalOf, type GivenToken } from './client.ts';

/** RFC 8628 section 3.5. */
const SLOW_DOWN_SECONDS = 5;

/** Shows a code on standard error and waits until somebody has typed it in a browser. @throws CliFailure. */
export async function logInByDevice(gateway: GatewayAddress, terminal: Terminal): Promise<GivenToken> {
  const begun = await callGateway(gateway, '/-/auth/device', {
    form: { client_id: CLIENT_ID, client_name: clientName() },
  });
  const { device_code: deviceCode, user_code: userCode, verification_uri: address, interval } = begun.body;
  if (begun.status !== 200 || typeof deviceCode !== 'string' || typeof userCode !== 'string') throw refusalOf(begun);
  const lives = Number(begun.body.expires_in) || 600;
  terminal.say(`To log in, open ${visible(String(address))}`);
  terminal.say(`and type the code ${visible(userCode)} (good for ${Math.floor(lives / 60)} minutes)`);
  let waitSeconds = Number(interval) || 5;
  const endMs = terminal.now() + lives * 1000;
  while (terminal.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, waitSeconds * 1000));
    const answer = await poll(gateway, deviceCode);
    const token = answer && readToken(answer);
    if (token) return token;
    const error = answer?.body.error;
    if (error === 'slow_down') waitSeconds += SLOW_DOWN_SECONDS;
    // A gateway that refuses to look the code up says nothing of the code: somebody else is too busy behind this address.
    else if (answer && answer.status < 500 && answer.status !== 429 && error !== 'authorization_pending')
      throw refusalOf(answer);
  }
  throw new CliFailure('nobody typed the code in time; try again');
}

/** Undefined while the gateway cannot be reached: it may be back before the code ends. */
async function poll(gateway: GatewayAddress, deviceCode: string): Promise<GatewayAnswer | undefined> {
  try {
    return await callGateway(gateway, '/-/auth/token', {
      form: {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        client_id: CLIENT_ID,
        device_code: deviceCode,
      },
    });
  } catch (error) {
    if (error instanceof GatewayUnreachable) return undefined;
    throw error;
  }
}
