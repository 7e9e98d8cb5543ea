import type { SessionType } from '../world/access/tokens.ts';
import type { ProxyMode } from './corporate-proxy.ts';

/** What the world's process does on demand. */
export interface Operations {
  /** Connections cut at random, see `Relay.cut`. */
  cut(count: number): number;
  restartEdge(ms: number): Promise<number>;
  restartApi(options: { readonly group: number; readonly ms: number }): Promise<void>;
  proxy(mode: ProxyMode): void;
  /** Tokens of that type, issued so far, are as old as can be. */
  expire(type: SessionType): void;
  /** Tokens issued from now on hold for so many seconds. */
  tokenSeconds(seconds: { readonly app: number; readonly org: number }): void;
  tabs(): Promise<number>;
  stats(): { readonly relayed: number; readonly atProxy: number; readonly webSockets: number };
  close(): Promise<void>;
}

/** The message to it, and its answer. */
export interface Ask {
  readonly id: number;
  readonly operation: keyof Operations;
  readonly input: unknown;
}
export interface Answer {
  readonly id: number;
  readonly output?: unknown;
  readonly error?: string;
}
/** The first message of it. */
export interface Started {
  readonly env: Readonly<Record<string, string>>;
  readonly names: readonly string[];
}
