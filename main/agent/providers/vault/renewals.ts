import { z } from 'zod';
import { command } from '../../../model/command.ts';
import type { Clock, Logger } from '../../parts.ts';
import { type VaultParts, vaultAddress, vaultClient } from './client.ts';
import { vaultStatus } from './errors.ts';
import { vaultToken } from './token.ts';

/** Renews the token that is in use when two thirds of its life are over, as Vault's own LifetimeWatcher does. */
export interface VaultRenewals {
  /** Called when a token is used. Looks it up once, and again after a failure. Does nothing before `start`. */
  use(address: URL, token: string): void;
  /** Begins with the current tokens. Returns a function that ends it. */
  start(): () => void;
}

const lookUpSchema = z.object({
  data: z.object({
    ttl: z.number(),
    creation_ttl: z.number().optional(),
    renewable: z.boolean().optional(),
  }),
});
const renewedSchema = z.object({
  auth: z.object({ lease_duration: z.number(), renewable: z.boolean().optional() }),
});

/** A timer of the system holds 24 days at most. */
const longestWaitMs = 24 * 3_600_000;
const shortestWaitMs = 5_000;
const limitMs = 20_000;

export function createVaultRenewals(options: {
  /** Returns the current parts: the token of another user may have taken its place. */
  readonly parts: () => VaultParts;
  /** Returns those of Vaults with a session of their own. */
  readonly others?: () => readonly VaultParts[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly notice: (message: string) => void;
}): VaultRenewals {
  const { parts, others = () => [], clock, logger, notice } = options;
  let isOn = false;
  /** The token of each server, by its origin. */
  const held = new Map<string, { readonly token: string; cancel: () => void }>();

  const stop = (origin: string) => {
    held.get(origin)?.cancel();
    held.delete(origin);
  };

  const partsOf = (address: URL): VaultParts =>
    others().find(({ env }) => URL.parse(env.VAULT_ADDR ?? '')?.origin === address.origin) ?? parts();

  const clientFor = (address: URL, token: string) =>
    vaultClient({ parts: partsOf(address), address, token, signal: AbortSignal.timeout(limitMs) });

  const isCurrent = (address: URL, token: string) => isOn && held.get(address.origin)?.token === token;

  /** Waits until `at`, in steps that a timer can hold. */
  const wait = (address: URL, token: string, at: number, run: () => Promise<void>): void => {
    const entry = held.get(address.origin);
    if (entry === undefined || !isCurrent(address, token)) return;
    const ms = Math.min(longestWaitMs, Math.max(0, at - clock.now()));
    entry.cancel = clock.timer(ms, () => {
      if (clock.now() < at) wait(address, token, at, run);
      else void run();
    });
  };

  const renew = async (address: URL, token: string, endsAt: number): Promise<void> => {
    // Another login replaces the token in its file: the new one is renewed when it is used.
    if ((await vaultToken(partsOf(address)).catch(() => '')) !== token) {
      if (isCurrent(address, token)) stop(address.origin);
      return;
    }
    try {
      const client = await clientFor(address, token);
      const { auth } = renewedSchema.parse(await client.tokenRenewSelf());
      logger.info('Vault token renewed', { host: address.host, seconds: auth.lease_duration });
      const nextEnd = clock.now() + auth.lease_duration * 1_000;
      // A token that has reached its longest life gains nothing, up to what Vault rounds.
      if (nextEnd - endsAt > shortestWaitMs && auth.renewable !== false)
        wait(address, token, clock.now() + (auth.lease_duration * 2_000) / 3, () =>
          renew(address, token, nextEnd),
        );
    } catch (error) {
      const left = endsAt - clock.now();
      if (left <= 0 || !isCurrent(address, token)) return;
      const status = vaultStatus(error);
      logger.warn('Vault token not renewed', { host: address.host, status });
      if (status !== undefined && status < 500 && status !== 429) {
        notice(
          `Vault at ${address.host} does not renew your token (HTTP ${status}), which ends in ${Math.ceil(left / 60_000)} min. Ask a Vault administrator for a policy with the capability "update" on path "auth/token/renew-self", or sign in again with \`${command`k8s-tunnels login vault ${address.host}`}\`.`,
        );
        return;
      }
      wait(address, token, clock.now() + Math.max(shortestWaitMs, left / 3), () =>
        renew(address, token, endsAt),
      );
    }
  };

  const look = async (address: URL, token: string): Promise<void> => {
    try {
      const client = await clientFor(address, token);
      const {
        ttl,
        creation_ttl = 0,
        renewable = false,
      } = lookUpSchema.parse(await client.tokenLookupSelf()).data;
      if (!renewable || ttl <= 0) return;
      const endsAt = clock.now() + ttl * 1_000;
      wait(address, token, endsAt - (Math.max(ttl, creation_ttl) * 1_000) / 3, () =>
        renew(address, token, endsAt),
      );
    } catch {
      // Who uses the token reports why it cannot be used.
      if (isCurrent(address, token)) stop(address.origin);
    }
  };

  const use: VaultRenewals['use'] = (address, token) => {
    if (!isOn || held.get(address.origin)?.token === token) return;
    stop(address.origin);
    held.set(address.origin, { token, cancel: () => {} });
    void look(address, token);
  };

  return {
    use,
    start() {
      isOn = true;
      const begin = async (server: VaultParts) => {
        const { VAULT_ADDR = '' } = server.env;
        if (VAULT_ADDR !== '') use(vaultAddress(VAULT_ADDR), await vaultToken(server));
      };
      // Discovery reports a missing token or a wrong address.
      for (const server of [parts(), ...others()]) begin(server).catch(() => {});
      return () => {
        isOn = false;
        for (const origin of [...held.keys()]) stop(origin);
      };
    },
  };
}
