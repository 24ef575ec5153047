import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';

const MAX_FORM_CHARACTERS = 4096;

/** The provider's login page: a form, and a password that is really checked. */
export async function handleLogin(
  provider: Provider,
  uid: string,
  passwords: ReadonlyMap<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Only the browser that was sent here has the interaction's cookie.
  const details = await provider.interactionDetails(request, response);
  if (details.uid !== uid) throw new Error('another login');
  // A first-party client: whoever logs in has agreed.
  if (details.prompt.name === 'consent')
    return await provider.interactionFinished(request, response, { consent: {} }, { mergeWithLastSubmission: true });
  if (request.method !== 'POST') return page(response, 200, uid, '');
  const form = new URLSearchParams(await readForm(request));
  const username = form.get('username') ?? '';
  if (!isPassword(passwords.get(username), form.get('password') ?? ''))
    return page(response, 401, uid, 'The name or the password is wrong.');
  await provider.interactionFinished(
    request,
    response,
    { login: { accountId: username, acr: chooseAcr(details.params.acr_values) } },
    { mergeWithLastSubmission: false },
  );
}

export const ORDINARY_ACR = 'urn:gatehouse:demo:password';
export const STRONG_ACR = 'urn:gatehouse:demo:strong';

/** The strong one is only ever given to who asks for it; a second factor is not what is tested here. */
function chooseAcr(asked: unknown): string {
  return typeof asked === 'string' && asked.split(' ').includes(STRONG_ACR) ? STRONG_ACR : ORDINARY_ACR;
}

function isPassword(expected: string | undefined, given: string): boolean {
  const wanted = Buffer.from(expected ?? '');
  const got = Buffer.from(given);
  return expected !== undefined && wanted.length === got.length && timingSafeEqual(wanted, got);
}

async function readForm(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_FORM_CHARACTERS) throw new Error('too large');
  }
  return text;
}

function page(response: ServerResponse, status: number, uid: string, problem: string): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Demo login</title><h1>Demo login</h1><p>${problem}</p>
<form method="post" action="/login/${uid}"><label>Name <input name="username" autocomplete="username" autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label><button>Log in</button></form></html>`);
}
