import type { Credential, Identity } from '#model';

/** The issuer of service identities: no Issuer object has that name, and rules and mappings name it like any other. */
export const SERVICE_ISSUER = 'gatehouse';

/** A machine that an admin has made a name for; it has access tokens and no other way in. */
export interface ServiceIdentityInput {
  readonly name: string;
  /** `metadata.uid`: a deleted and re-made one has another, and the tokens of the former do not fit. */
  readonly uid: string;
  readonly groups?: readonly string[] | undefined;
}

/** `gatehouse:<name>`, in the groups that its object names, each with the same prefix. */
export function identityOfService(
  { name, uid, groups = [] }: ServiceIdentityInput,
  credential: Credential,
  expiresAtMs: number,
): Identity {
  const identity = {
    issuer: SERVICE_ISSUER,
    issuerUrl: SERVICE_ISSUER,
    subject: uid,
    username: `${SERVICE_ISSUER}:${name}`,
    groups: groups.map((group) => `${SERVICE_ISSUER}:${group}`),
    uid,
    extra: {},
    claims: {},
    authenticatedAtSeconds: undefined,
    acr: undefined,
    credential,
    expiresAtMs,
  };
  return identity as unknown as Identity;
}
