import { timingSafeEqual } from 'node:crypto';
import type { AppError } from '../../model/app-error.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface ProxyCredentials {
  readonly user: string;
  readonly password: string;
}

/**
 * How a local client asked for the target. `accept` and `refuse` answer in the client's own protocol.
 */
export interface Admission {
  readonly accept: () => void;
  readonly refuse: (error: AppError) => void;
}

/** What a client must prove, and what it may reach. */
export interface AdmissionRules {
  readonly credentials: ProxyCredentials;
  readonly target: Target;
  /** A client sent a password, or a user, that is wrong. It is answered when this resolves. */
  readonly onWrongPassword: () => Promise<void>;
}

/** Compares without telling by its time how much was right. */
export function sameSecret(given: string, wanted: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Whether a client asks for the cluster's API and nothing else. */
export function isTarget(asked: Target, target: Target): boolean {
  return asked.port === target.port && asked.host.toLowerCase() === target.host.toLowerCase();
}
