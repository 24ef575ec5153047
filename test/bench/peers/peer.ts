/** One proxy in front of the stub upstream. */
export interface Peer {
  readonly name: string;
  /** `http(s)://127.0.0.1:<port>` */
  readonly origin: string;
  /** What stands before the API's paths. */
  readonly prefix: string;
  /** Its processor time and memory are those of this process and all that it started. */
  readonly pid: number;
  /** What goes in and what goes out, for the table. */
  readonly note: string;
}
