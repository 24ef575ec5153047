import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterConnection } from '#clusters';
import type { Config } from '#config';
import type { LimitLookup } from '#identity';
import { sourceOf, type RefusalCounter } from '#limits';
import type { PipelinePorts, PipelineSettings } from '#pipeline';
import type { Store } from '#store';
import { createControlPlane, type ControlPlane } from './http/create-control-plane.ts';
import { limitLogins } from './http/limit-logins.ts';
import type { Alive, Readiness } from './http/ports.ts';
import type { Log } from './log.ts';
import { createTokenLogins } from './login/create-token-logins.ts';
import { createLoginService } from './login/create-login-service.ts';
import { createBackchannelLogout } from './login/backchannel-logout.ts';
import { createPersonReader } from './login/read-person.ts';
import { createAccessTokens } from './me/access-tokens.ts';
import { createDescribeMe } from './me/describe-me.ts';
import { createKubeconfigs } from './me/kubeconfig/create-kubeconfigs.ts';
import { createUpstreamTokens } from './me/upstream-tokens.ts';
import type { OpenedSessions } from './people/open-sessions.ts';
import { readSourceAddress } from './read-source-address.ts';
import { createActRecorder } from './record-act.ts';

export interface ControlPlaneParts {
  readonly config: Config;
  readonly settings: PipelineSettings;
  readonly pipelinePorts: PipelinePorts;
  readonly refusals: RefusalCounter;
  /** For metrics. */
  readonly loginEnded: Parameters<typeof createActRecorder>[0]['loginEnded'];
  readonly store: Store;
  readonly opened: OpenedSessions;
  /** Resolves when the next request at any worker is judged by what was just saved. */
  applied(): Promise<void>;
  /** 0 where this source may log in now, else the milliseconds until it may. */
  takeLogin(source: string): Promise<number>;
  /** Reads a credential, unless too many that nobody has came from this address. @throws GatehouseError tooManyRequests. */
  readonly limitLookup: LimitLookup;
  /** 0 where this person may type the code of a device now, else the milliseconds until they may. */
  takeGuess(person: string): Promise<number>;
  claimState(state: string): Promise<boolean>;
  /** PEM that clients must be told to trust; undefined where the gateway's certificate names no authority of its own. */
  certificateAuthority(): string | undefined;
  readonly alive: Alive;
  readonly readiness: Readiness;
  readonly log: Log;
}

/** What lies below `/-/`, made of the same snapshot, stages and store as the pipeline. */
export function openControlPlane(parts: ControlPlaneParts): Promise<ControlPlane> {
  const { config, settings, pipelinePorts, store, opened, applied, log } = parts;
  const { snapshot, mapping, identity, audit, now } = pipelinePorts;
  const acts = createActRecorder({
    audit,
    refusals: parts.refusals,
    loginEnded: parts.loginEnded,
    settings,
    now,
    revision: () => snapshot().revision,
  });
  const tokens = createUpstreamTokens({
    store: store.storedTokens,
    cluster: (name) => snapshot().clusters.get(name) as ClusterConnection | undefined,
    usesStoredToken: async (person, cluster) =>
      (await snapshot().mappings.find(person, cluster)).mapping?.storedToken !== undefined,
  });
  const sourceAddress = (request: Parameters<typeof readSourceAddress>[0]): string =>
    readSourceAddress(request, settings.addresses);
  const externalUrl = config.externalUrl.replace(/\/$/, '');
  const lifetimeSeconds = Math.min(config.accessTokens.loginLifetimeSeconds, config.accessTokens.maxLifetimeSeconds);
  const me = createDescribeMe({ snapshot, mapping, tokens, sourceAddress, now });
  return createControlPlane({
    readPerson: createPersonReader(settings, snapshot, identity),
    acts,
    tokens,
    accessTokens: createAccessTokens({
      store: store.accessTokens,
      users: store.users,
      maxLifetimeSeconds: config.accessTokens.maxLifetimeSeconds,
      applied,
      now,
    }),
    sessions: opened.sessions,
    backchannelLogout: createBackchannelLogout({
      issuers: opened.issuers,
      compiled: () => snapshot().issuers,
      keySets: identity.keySets,
      sessions: opened.sessions,
      store: store.sessions,
      now,
    }),
    log,
    me,
    kubeconfigs: createKubeconfigs({
      snapshot,
      clustersOf: me.clustersOf,
      accessTokens: store.accessTokens,
      users: store.users,
      lifetimeSeconds,
      externalUrl,
      certificateAuthority: parts.certificateAuthority,
      now,
    }),
    login: createLoginService({
      startAct: acts.start,
      config,
      store,
      claimState: parts.claimState,
      issuers: opened.issuers,
      namePerson: opened.namePerson,
      sourceAddress,
      disabledPeople: identity.disabledPeople,
      applied,
      now,
    }),
    tokenLogins: createTokenLogins({
      grants: store.loginGrants,
      accessTokens: store.accessTokens,
      takeGuess: parts.takeGuess,
      limitLookup: parts.limitLookup,
      roomFor: (address) => ({
        source: sourceOf(address),
        maxOfSource: config.limits.maxDeviceLoginsPerSource,
        max: config.limits.maxDeviceLogins,
      }),
      externalUrl,
      lifetimeSeconds,
      applied,
      now,
    }),
    sourceAddress,
    limitLogins: limitLogins({
      readSourceAddress: sourceAddress,
      take: parts.takeLogin,
      record: acts.record,
      now,
    }),
    alive: parts.alive,
    readiness: parts.readiness,
    consoleDirectory: consoleDirectory(),
    externalUrl,
  });
}

/** Built by Vite into `dist/console`, beside the compiled gateway or below the checkout's root. */
function consoleDirectory(): string {
  const candidates = [join(import.meta.dirname, '../../console'), join(import.meta.dirname, '../../dist/console')];
  return candidates.find((directory) => existsSync(join(directory, 'index.html'))) ?? (candidates[0] as string);
}
