/** Text from one claim, or from a CEL expression over `claims`. */
export type NameMapping =
  | { readonly claim: string; readonly prefix: string; readonly expression?: undefined }
  | { readonly expression: string; readonly claim?: undefined };

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
    readonly username: NameMapping;
    readonly groups?: NameMapping | undefined;
    readonly uid?:
      | { readonly claim: string; readonly expression?: undefined }
      | { readonly expression: string; readonly claim?: undefined }
      | undefined;
    readonly extra?: readonly { readonly key: string; readonly valueExpression: string }[] | undefined;
  };
  readonly claimValidationRules?:
    | readonly (
        | { readonly claim: string; readonly requiredValue: string; readonly expression?: undefined }
        | { readonly expression: string; readonly message?: string | undefined; readonly claim?: undefined }
      )[]
    | undefined;
  readonly userValidationRules?:
    | readonly { readonly expression: string; readonly message?: string | undefined }[]
    | undefined;
  readonly signingAlgorithms?: readonly string[] | undefined;
  readonly login?: object | undefined;
}
