import { compileNaming, prefixOf, type CompiledNaming } from './compile-naming.ts';
import type { IssuerInput } from './issuer-input.ts';
import type { Credential, Identity } from '#model';
import { identityOfService, SERVICE_ISSUER, type ServiceIdentityInput } from './service-identity.ts';

export interface CompiledIssuer extends IssuerInput {
  /** Changes with everything that decides whether a signature is good: keys and cached verifications of another version are void. */
  readonly version: string;
  readonly algorithms: readonly string[];
  readonly discoveryUrl: string;
  readonly naming: CompiledNaming;
}

export interface CompiledIssuers {
  /** By the `iss` claim, byte for byte. */
  byUrl(url: string): CompiledIssuer | undefined;
  byName(name: string): CompiledIssuer | undefined;
  /** The machine of this uid, as whom a token of it acts; undefined where its object is gone. */
  serviceIdentity(uid: string, credential: Credential, expiresAtMs: number): Identity | undefined;
}

/** RFC 8725 section 3.1: an allow-list, and nothing symmetric, so that no public key can pass for an HMAC secret. */
const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/**
 * @throws Error where two Issuers have one URL (whose token would it be?), or prefixes that do not keep their people
 *   apart; where an algorithm is not asymmetric, or an expression does not compile.
 */
export function compileIssuers(
  issuers: readonly IssuerInput[],
  services: readonly ServiceIdentityInput[] = [],
): CompiledIssuers {
  const urls = new Map<string, CompiledIssuer>();
  const names = new Map<string, CompiledIssuer>();
  for (const input of issuers) {
    if (input.name === SERVICE_ISSUER)
      throw new Error(`an Issuer may not be named "${SERVICE_ISSUER}": that is the issuer of service identities`);
    const algorithms = input.signingAlgorithms ?? ASYMMETRIC;
    const foreign = algorithms.find((algorithm) => !ASYMMETRIC.includes(algorithm));
    if (foreign !== undefined)
      throw new Error(`issuer "${input.name}" allows the algorithm ${foreign}, which is not asymmetric`);
    const taken = urls.get(input.issuer.url);
    if (taken) throw new Error(`issuers "${taken.name}" and "${input.name}" have the same url`);
    const compiled: CompiledIssuer = {
      ...input,
      algorithms,
      discoveryUrl:
        input.issuer.discoveryURL ?? `${input.issuer.url.replace(/\/$/, '')}/.well-known/openid-configuration`,
      version: JSON.stringify([input.issuer, algorithms]),
      naming: compileNaming(input),
    };
    for (const other of names.values()) checkApart(other, compiled);
    urls.set(input.issuer.url, compiled);
    names.set(input.name, compiled);
  }
  const byUid = new Map(services.map((service) => [service.uid, service]));
  return {
    byUrl: (url) => urls.get(url),
    byName: (name) => names.get(name),
    serviceIdentity(uid, credential, expiresAtMs) {
      const service = byUid.get(uid);
      return service && identityOfService(service, credential, expiresAtMs);
    },
  };
}

/**
 * Two issuers' alice are two people, and upstream they are so only by their names: of two prefixes neither may begin
 * with the other (`a:` + `b:x` is `a:b:` + `x`).
 */
function checkApart(one: CompiledIssuer, other: CompiledIssuer): void {
  for (const kind of ['username', 'groups'] as const) {
    const [a, b] = [one, other].map((issuer) => prefixOf(issuer.claimMappings[kind], issuer.naming[kind]));
    if (a === undefined || b === undefined || (!a.startsWith(b) && !b.startsWith(a))) continue;
    throw new Error(
      `issuers "${one.name}" and "${other.name}" could give two people one name: claimMappings.${kind} has the prefixes ${JSON.stringify(a)} and ${JSON.stringify(b)}; give each issuer a prefix of its own (an expression must begin with a literal one, like 'company:' + claims.sub)`,
    );
  }
}
