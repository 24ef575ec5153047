import { z } from 'zod';
import { checkCertificates, checkPrivateKey } from './check-pem.ts';
import { checked, plainText } from './fields.ts';
import { checkHttpsUrl } from './https-url.ts';
import { claimMappingsSchema, claimValidationRule, userValidationRule } from './issuer-mappings-schema.ts';

/** RFC 8725 section 3.1. Nothing symmetric: a public key must never pass for an HMAC secret. */
const ALGORITHMS = [
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
] as const;
/** RFC 6749 section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** An OpenID provider: the `jwt[]` entry of Kubernetes' AuthenticationConfiguration, and the login client. */
export const issuerSpecSchema = z.strictObject({
  issuer: z
    .strictObject({
      /** The `iss` claim, byte for byte. */
      url: checked(checkHttpsUrl),
      /** Where the discovery document lies, if not below `url`. */
      discoveryURL: checked(checkHttpsUrl).optional(),
      /** PEM; absent: the system's roots. */
      certificateAuthority: checked(checkCertificates).optional(),
      /** A token's `aud` must hold one of them. */
      audiences: z
        .array(plainText())
        .min(1)
        .refine((audiences) => new Set(audiences).size === audiences.length, 'must not name an audience twice'),
      audienceMatchPolicy: z.literal('MatchAny').optional(),
    })
    .refine((issuer) => issuer.discoveryURL !== issuer.url, {
      path: ['discoveryURL'],
      message: 'must differ from url; leave it out where the discovery document lies below url',
    }),
  claimMappings: claimMappingsSchema,
  claimValidationRules: z.array(claimValidationRule).max(64).optional(),
  userValidationRules: z.array(userValidationRule).max(64).optional(),
  signingAlgorithms: z.array(z.enum(ALGORITHMS)).min(1).optional(),
  /** Browser login; absent: bearer tokens only. */
  login: z
    .strictObject({
      clientID: plainText(),
      clientSecret: checked((value) =>
        value === '' || /[\u0000-\u001f\u007f]/.test(value)
          ? 'must be text without control characters; leave it out for a public client'
          : undefined,
      ).optional(),
      /** PEM of the client's private key, RSA or EC: it then signs assertions (`private_key_jwt`) and has no secret. */
      clientKey: checked(checkPrivateKey).optional(),
      /** `kid` of the public part at the provider. */
      clientKeyID: plainText(256).optional(),
      scopes: z
        .array(checked((value) => (SCOPE.test(value) ? undefined : 'must be a scope without blanks')))
        .refine((scopes) => scopes.includes('openid'), 'must hold openid')
        .default(['openid', 'profile', 'email']),
      /** Asked of the provider at each login. Absent: `consent` with the scope offline_access, else `default`. */
      prompt: z.enum(['default', 'login', 'consent', 'select_account']).optional(),
      /** Claims that the ID token lacks, as groups, are fetched from the userinfo endpoint. */
      claimsFromUserinfo: z.boolean().optional(),
      /** false: logging out of the gateway leaves the person logged in at the provider. */
      endsProviderSession: z.boolean().optional(),
      /** Shown on the login page. */
      displayName: plainText(256).optional(),
    })
    .refine((login) => login.clientSecret === undefined || login.clientKey === undefined, {
      path: ['clientKey'],
      message: 'must not stand beside clientSecret: the client proves itself in one way',
    })
    .optional(),
});
