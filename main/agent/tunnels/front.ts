/** Header fields, as pairs of name and value. */
type Fields = readonly (readonly [name: string, value: string])[];

/** An answer to a request that was sent to an API server. */
export interface FrontAnswer {
  readonly status: number;
  /** Returns the value of a field. `name` is in lower case. */
  readonly header: (name: string) => string | undefined;
  /** The beginning of the body, of a 403, where the caller has read it. */
  readonly body?: string;
}

/** What lets requests pass for a while. */
export interface Pass {
  /** To be added to each request. */
  readonly fields: Fields;
  /**
   * Resolves with `passed` if the API server itself gave this answer, with `renewed` if what is in front of it refused the
   * pass, and the next one may be accepted. Rejects with the reason of any other refusal.
   */
  check(answer: FrontAnswer): Promise<'passed' | 'renewed'>;
}

/** What is in front of an API server, lets only some requests pass, and answers the others in its place. */
export interface Front {
  /** The hostname that requests name, where it is not that of the server. */
  readonly authority?: string;
  /** True if clients show their own pass, so that it is for probes alone. */
  readonly isForProbes: boolean;
  /** Resolves with a pass. Never asks the user. Rejects if a login is needed, or another step of the user. */
  pass(signal: AbortSignal): Promise<Pass>;
}
