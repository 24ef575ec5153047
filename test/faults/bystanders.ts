/** Three exchanges that have nothing to do with the fault: a watch, a tunnel and a connection of plain requests. */
import { RawClient, requestText, upgradeHeaders, type GatewayAddress } from './raw-client.ts';
import type { ScriptedUpstreams } from './scripted-upstreams.ts';

const PROBE_WITHIN_MS = 2_000;
const PODS = '/api/v1/namespaces/a/pods';

export class Bystanders {
  readonly #address: GatewayAddress;
  readonly #upstreams: ScriptedUpstreams;
  readonly #watch: RawClient;
  readonly #tunnel: RawClient;
  readonly #plain: RawClient;
  #probes = 0;

  private constructor(address: GatewayAddress, upstreams: ScriptedUpstreams, clients: readonly RawClient[]) {
    this.#address = address;
    this.#upstreams = upstreams;
    [this.#watch, this.#tunnel, this.#plain] = clients as [RawClient, RawClient, RawClient];
  }

  /** @throws where one of them cannot begin. */
  static async open(address: GatewayAddress, upstreams: ScriptedUpstreams): Promise<Bystanders> {
    const [watch, tunnel, plain] = [
      await RawClient.connect(address),
      await RawClient.connect(address),
      await RawClient.connect(address),
    ];
    watch.send(requestText(address, `/clusters/two${PODS}?watch=1&do=stay&run=bystander`), {});
    const headers = upgradeHeaders('websocket');
    const exec = `/clusters/one${PODS}/p/exec?command=sh&do=tunnel&run=bystander`;
    tunnel.send(requestText(address, exec, { headers }), { upgrades: true });
    await watch.until(() => watch.reader.bodyBytes > 0, PROBE_WITHIN_MS);
    await tunnel.until(() => tunnel.reader.status === 101, PROBE_WITHIN_MS);
    const bystanders = new Bystanders(address, upstreams, [watch, tunnel, plain]);
    const harm = await bystanders.probe();
    if (harm.length > 0) throw new Error(`bystanders cannot begin: ${harm.join(', ')}`);
    return bystanders;
  }

  /** One event, one echo, one request. @returns which of them did not come. */
  async probe(): Promise<string[]> {
    const mark = `<${++this.#probes}>`;
    this.#upstreams.watch?.write(mark);
    this.#tunnel.send(mark);
    const target = `/clusters/one${PODS}?do=sized&run=${encodeURIComponent(mark)}`;
    this.#plain.send(requestText(this.#address, target), {});
    const ends = (client: RawClient) => (): boolean => client.reader.bodySoFar.toString('latin1').endsWith(mark);
    const [event, echoed, response] = await Promise.all([
      this.#watch.until(ends(this.#watch), PROBE_WITHIN_MS),
      this.#tunnel.until(ends(this.#tunnel), PROBE_WITHIN_MS),
      this.#plain.response(PROBE_WITHIN_MS),
    ]);
    const isRight = response.state === 'complete' && response.status === 200 && response.body.toString() === mark;
    return [
      ...(event ? [] : ['the watch']),
      ...(echoed ? [] : ['the tunnel']),
      ...(isRight ? [] : [`the plain request (${response.state} ${response.status})`]),
    ];
  }

  close(): void {
    for (const client of [this.#watch, this.#tunnel, this.#plain]) client.leave('destroy');
  }
}
