/** The shape of one Issuer; `spec.issuer` and the mappings are Kubernetes' own `AuthenticationConfiguration` `jwt[]` entry. */
export interface IssuerInput {
  readonly name: string;
  readonly issuer: {
    readonly url: string;
    readonly discoveryURL?: string | undefined;
    /** PEM; the system's roots where absent. */
    readonly certificateAuthority?: string | undefined;
    readonly audiences: readonly string[];
    readonly audienceMatchPolicy?: 'MatchAny' | undefined;
  };
  readonly claimMappings: {
    readonly username: { readonly claim: string; readonly prefix: string };
    readonly groups?: { readonly claim: string; readonly prefix: string } | undefined;
    readonly uid?: { readonly claim: string } | undefined;
  };
  readonly claimValidationRules?: readonly { readonly claim: string; readonly requiredValue: string }[] | undefined;
  readonly signingAlgorithms?: readonly string[] | undefined;
  readonly login?: object | undefined;
}

export interface CompiledIssuer extends IssuerInput {
  /** Changes with everything that decides whether a signature is good: keys and cached verifications of another version are void. */
  readonly version: string;
  readonly algorithms: readonly string[];
  readonly discoveryUrl: string;
}

export interface CompiledIssuers {
  /** By the `iss` claim, byte for byte. */
  byUrl(url: string): CompiledIssuer | undefined;
  byName(name: string): CompiledIssuer | undefined;
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
 * @throws Error where two Issuers have one URL (whose token would it be?), or an algorithm is not asymmetric.
 */
export function compileIssuers(issuers: readonly IssuerInput[]): CompiledIssuers {
  const urls = new Map<string, CompiledIssuer>();
  const names = new Map<string, CompiledIssuer>();
  for (const input of issuers) {
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
    };
    urls.set(input.issuer.url, compiled);
    names.set(input.name, compiled);
  }
  return { byUrl: (url) => urls.get(url), byName: (name) => names.get(name) };
}
