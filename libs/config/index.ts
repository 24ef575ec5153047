/**
 * The configuration is one zod schema: file, environment, defaults, redaction and docs/configuration.md all follow from
 * it, so that none of them can say something else. All problems are reported at once, and an unknown key or variable is
 * one of them: a misspelt `trustedProxies` must not silently mean "none".
 */
export { isLoopbackHost } from './check-together.ts';
export { RECORD_FIRST_BY_DEFAULT } from './limits-schema.ts';
export { loadConfig } from './load-config.ts';
export type { LoadConfigOptions, LoadedConfig } from './load-config.ts';
export type { Config } from './config.ts';
export { hideSecrets, printableConfig } from './print-config.ts';
export { CONFIG_KEYS } from './config-keys.ts';
export type { ConfigKey } from './config-keys.ts';
