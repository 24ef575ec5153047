/**
 * Where the gateway connects to. Addresses come from configuration, and some from what a stranger answers (an issuer's
 * discovery document); behind either may be the gateway's own machine, or a cloud's metadata service that gives
 * credentials to whoever asks. So every address is judged when it is written down and again after resolution, at each
 * connect: a name that was harmless when it was saved may be made to point elsewhere (DNS rebinding).
 */
export { isLoopbackName, judgeAddress } from './judge-address.ts';
export type { AddressKind } from './judge-address.ts';
export { guardConnect } from './guard-connect.ts';
export type { GuardedConnect } from './guard-connect.ts';
