import { timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { AppError } from '../../model/app-error.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface ProxyCredentials {
  readonly user: string;
  readonly password: string;
}

/** A local client's request for the target. `accept` and `refuse` answer in the client's own protocol. */
export interface Admission {
  readonly accept: () => void;
  readonly refuse: (error: AppError) => void;
}

/** The credentials that a client must present, and the target that it may reach. */
export interface AdmissionRules {
  readonly credentials: ProxyCredentials;
  readonly target: Target;
  /** Called when a client sent a wrong user or password. The client gets its answer when this resolves. */
  readonly onWrongPassword: () => Promise<void>;
  /** Called when a client sent no password. */
  readonly onNoPassword: () => void;
}

/** Compares in a time that does not reveal how much of the secret was right. */
export function sameSecret(given: string, wanted: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Returns true if a client asks for the cluster's API and nothing else. Some clients resolve its name themselves and ask
 * for an address: on the API's port any address means the target, the only host that is ever dialled.
 */
export function isTarget(asked: Target, target: Target): boolean {
  if (asked.port !== target.port) return false;
  return isIP(asked.host) !== 0 || asked.host.toLowerCase() === target.host.toLowerCase();
}
