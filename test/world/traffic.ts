/**
 * What the servers of the world served, and what they are told to do wrong. One per world, shared by all servers:
 * a test asks for a fault by the service and operation that it names, and reads back how often each was called.
 */

/** `service` is one of the names below; `operation` is the service's own word, for example `ListClusters`. */
export type Service =
  | 'sso'
  | 'sso-oidc'
  | 'account'
  | 'sts'
  | 'eks'
  | 'entra'
  | 'arm'
  | 'google-oauth'
  | 'resource-manager'
  | 'gke'
  | 'gkehub'
  | 'connect-gateway'
  | 'vault'
  | 'oidc'
  | 'idp'
  | 'access'
  | 'edge'
  | 'origin'
  | 'catalog'
  | 'kube'
  | 'proxy';

export interface Served {
  readonly service: Service;
  readonly operation: string;
  /** What tells calls of one operation apart: an account and region, a host name, a path. */
  readonly scope: string;
  readonly at: number;
}

export interface Fault {
  readonly service: Service;
  /** Every operation of the service when left out. */
  readonly operation?: string;
  /** Matches when the call's scope includes this text; every scope when left out. */
  readonly scope?: string;
  /** Ends by itself after this many calls; lasts until lifted when left out. */
  times?: number;
  readonly does:
    | { readonly kind: 'latency'; readonly ms: number }
    /** No answer before the fault is lifted; then the right one. */
    | { readonly kind: 'hold' }
    /** The service's own throttling answer, with Retry-After where it has one. */
    | { readonly kind: 'throttle'; readonly retryAfterSeconds?: number }
    /** The service's own answer to a denied caller, or to any caller that a policy of the AWS organisation denies. */
    | { readonly kind: 'deny'; readonly byOrganisation?: true }
    /** A page whose next page is always the same one. */
    | { readonly kind: 'repeat' }
    /** The connection is reset with no answer. */
    | { readonly kind: 'drop' }
    /** An internal server error as the service words it. */
    | { readonly kind: 'error' }
    /** An internal server error whose text repeats what was sent, headers too, as a debugging page does. */
    | { readonly kind: 'echo' };
}

/** Thrown through a server by the fault `echo`; it is acted out where the request is at hand. */
export class Echo extends Error {
  /** The answer's body, as each kind of API words an error. */
  static body(request: { readonly headers: object; readonly target: string; readonly body: string }): string {
    const message = `cannot serve ${request.target} with ${JSON.stringify(request.headers)} and ${request.body}`;
    const error = /token/.test(request.target.split('?')[0] ?? '') ? 'echo' : { code: 'Echo', message };
    return JSON.stringify({ message, errors: [message], error, error_description: message });
  }
}

export class Traffic {
  readonly served: Served[] = [];
  private readonly faults = new Set<Fault>();
  /** What waits for a `hold` to be lifted. */
  private readonly held = new Map<Fault, (() => void)[]>();
  private latencyMs = 0;

  /** Injects a fault; the answer lifts it. */
  inject(fault: Fault): () => void {
    this.faults.add(fault);
    return () => {
      this.faults.delete(fault);
      for (const goOn of this.held.get(fault) ?? []) goOn();
      this.held.delete(fault);
    };
  }

  /** A delay before every answer of every service. */
  setLatency(ms: number): void {
    this.latencyMs = ms;
  }

  /**
   * Every server calls this once per request: it is counted, delayed where asked, and the fault that the server
   * must act out (never `latency` or `hold`) comes back, if any.
   */
  async serve(service: Service, operation: string, scope: string): Promise<Fault['does'] | undefined> {
    this.served.push({ service, operation, scope, at: Date.now() });
    let delay = this.latencyMs;
    const holds: Promise<void>[] = [];
    let acted: Fault['does'] | undefined;
    for (const fault of this.faults) {
      if (fault.service !== service) continue;
      if (fault.operation !== undefined && fault.operation !== operation) continue;
      if (fault.scope !== undefined && !scope.includes(fault.scope)) continue;
      const isLate = fault.does.kind === 'latency' || fault.does.kind === 'hold';
      if (!isLate && acted !== undefined) continue;
      if (fault.times !== undefined) {
        fault.times -= 1;
        if (fault.times <= 0) this.faults.delete(fault);
      }
      if (fault.does.kind === 'latency') delay += fault.does.ms;
      else if (fault.does.kind === 'hold') holds.push(this.lifted(fault));
      else acted = fault.does;
    }
    if (acted?.kind === 'echo') throw new Echo();
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    await Promise.all(holds);
    return acted;
  }

  private lifted(fault: Fault): Promise<void> {
    return new Promise((resolve) => {
      this.held.set(fault, [...(this.held.get(fault) ?? []), resolve]);
    });
  }

  /** How many requests were served, of one service and operation where named. */
  count(service?: Service, operation?: string): number {
    return this.served.filter(
      (call) =>
        (service === undefined || call.service === service) &&
        (operation === undefined || call.operation === operation),
    ).length;
  }

  reset(): void {
    this.served.length = 0;
  }
}
