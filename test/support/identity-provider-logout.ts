import { Agent, fetch } from 'undici';

/** The provider's logout page; in a browser it goes on by itself. */
export function confirmLogout(context: { body: unknown }, form: string): void {
  context.body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Demo logout</title>
${form.replace('</form>', '<input type="hidden" name="logout" value="yes"></form>')}
<script>document.forms[0].submit()</script></html>`;
}

/** The `fetch` of a provider that trusts one gateway's own certificate, made after the provider. */
export function fetchTrusting(ca: () => string): never {
  let dispatcher: Agent | undefined;
  const trusting = async (url: string, options: object): Promise<unknown> => {
    dispatcher ??= new Agent({ connect: { ca: ca() } });
    return await fetch(url, { ...options, dispatcher } as never);
  };
  return trusting as never;
}
