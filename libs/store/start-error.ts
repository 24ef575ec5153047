export type StoreStartErrorCode =
  | 'databaseUnusable'
  | 'databaseNotDurable'
  | 'databaseInUse'
  | 'schemaTooNew'
  | 'encryptionKeyMissing'
  | 'encryptionKeyWeak'
  | 'encryptionKeyWrong';

/** Why the store refuses to open. The message says what to do, and is meant for whoever starts the program. */
export class StoreStartError extends Error {
  readonly code: StoreStartErrorCode;
  constructor(code: StoreStartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreStartError';
    this.code = code;
  }
}
