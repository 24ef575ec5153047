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
export const RECORD_ACT = Symbol('RECORD_ACT');
export const CONSOLE_DIRECTORY = Symbol('CONSOLE_DIRECTORY');

/** Who sent this request, by the same identity stage that the API paths use. */
export type ReadPerson = (request: IncomingMessage) => Promise<Authentication>;

/** The client's address, behind trusted proxies too. */
export type SourceAddress = (request: IncomingMessage) => string;

/** Writes one audit record for an act of the control plane (login, logout, stored token). */
export type RecordAct = (act: {
  readonly request: IncomingMessage;
  readonly verb: string;
  readonly resource: string;
  readonly name?: string;
  readonly identity?: Identity;
  /** For people whose Identity is only being made (login). */
  readonly person?: { readonly issuer: string; readonly username: string; readonly subject: string };
  readonly statusCode: number;
  readonly outcome: 'allow' | 'refused';
  /** Why it was refused; goes into the record's annotations. */
  readonly code?: ErrorCode;
  readonly reason?: string;
}) => void;

/** False once only a new process can help. */
export type Alive = () => boolean;

export type Readiness = () => { readonly ready: boolean; readonly reasons: readonly string[] };
