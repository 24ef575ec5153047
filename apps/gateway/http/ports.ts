import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '#errors';
import type { Authentication, Identity } from '#model';

/** Injection tokens: Nest wires the control plane at boot, from plain functions that boot has made. */
export const READ_PERSON = Symbol('READ_PERSON');
export const DESCRIBE_ME = Symbol('DESCRIBE_ME');
export const KUBECONFIGS = Symbol('KUBECONFIGS');
export const ACCESS_TOKENS = Symbol('ACCESS_TOKENS');
export const UPSTREAM_TOKENS = Symbol('UPSTREAM_TOKENS');
export const BACKCHANNEL_LOGOUT = Symbol('BACKCHANNEL_LOGOUT');
export const SESSIONS = Symbol('SESSIONS');
export const LOGIN = Symbol('LOGIN');
export const TOKEN_LOGINS = Symbol('TOKEN_LOGINS');
export const SOURCE_ADDRESS = Symbol('SOURCE_ADDRESS');
export const ALIVE = Symbol('ALIVE');
export const READINESS = Symbol('READINESS');
export const START_ACT = Symbol('START_ACT');
export const RECORD_ACT = Symbol('RECORD_ACT');
export const FAIL_ACT = Symbol('FAIL_ACT');
export const CONSOLE_DIRECTORY = Symbol('CONSOLE_DIRECTORY');

/** Who sent this request, by the same identity stage that the API paths use. */
export type ReadPerson = (request: IncomingMessage) => Promise<Authentication>;

/** The client's address, behind trusted proxies too. */
export type SourceAddress = (request: IncomingMessage) => string;

/** What an act of the control plane is: login, logout, a stored token. */
export interface Act {
  readonly request: IncomingMessage;
  readonly verb: string;
  readonly resource: string;
  readonly name?: string;
  readonly identity?: Identity;
  /** For people whose Identity is only being made (login). */
  readonly person?: { readonly issuer: string; readonly username: string; readonly subject: string };
}

/**
 * Saves the start record of an act that changes something; the act may be carried out when it resolves. There is one
 * act a request: `RecordAct` completes it, or the filter that answers what was thrown.
 * @throws GatehouseError auditUnavailable; then the act must not be carried out.
 */
export type StartAct = (act: Act) => Promise<void>;

/** Writes the record of an act, or completes the one that was started. */
export type RecordAct = (
  act: Act & {
    readonly statusCode: number;
    readonly outcome: 'allow' | 'refused';
    /** Why it was refused; goes into the record's annotations. */
    readonly code?: ErrorCode;
    readonly reason?: string;
  },
) => void;

/** Completes the act that was started for a request, if one was and is open: it failed with this. */
export type FailAct = (request: IncomingMessage, code: ErrorCode, statusCode: number) => void;

/** False once only a new process can help. */
export type Alive = () => boolean;

export type Readiness = () => { readonly ready: boolean; readonly reasons: readonly string[] };
