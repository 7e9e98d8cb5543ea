import nacl from 'tweetnacl';
import type { Traffic } from '../traffic.ts';
import { actOut, type Exchange, send } from './answers.ts';

export const transferHost = 'login.cloudflareaccess.org';

/** Hands the tokens of a finished login to the client that waits for them, sealed to that client's key. */
export interface Transfer {
  /** Seals the tokens; false where the key is none. */
  store(publicKey: string, tokens: { readonly app_token: string; readonly org_token?: string }): boolean;
  /** `/transfer/<key>`: answers at once when the box is there, else when it comes or the time to hold is over. */
  handle(exchange: Exchange): Promise<void>;
}

interface Parcel {
  readonly servicePublicKey: string;
  /** Base64 of the nonce and the box. */
  readonly body: string;
}

export function createTransfer(options: { readonly traffic: Traffic; readonly holdMs: number }): Transfer {
  const { traffic, holdMs } = options;
  /** By the client's public key, its own spelling. */
  const parcels = new Map<string, Parcel>();
  const waiting = new Map<string, Set<() => void>>();

  const arrival = (key: string, gone: (leave: () => void) => void) =>
    new Promise<void>((resolve) => {
      const waiters = waiting.get(key) ?? new Set();
      waiting.set(key, waiters);
      const leave = () => {
        clearTimeout(timer);
        waiters.delete(leave);
        if (waiters.size === 0) waiting.delete(key);
        resolve();
      };
      const timer = setTimeout(leave, holdMs);
      waiters.add(leave);
      gone(leave);
    });

  return {
    store(publicKey, tokens) {
      const key = Buffer.from(publicKey, 'base64url');
      if (key.length !== nacl.box.publicKeyLength) return false;
      const pair = nacl.box.keyPair();
      const nonce = nacl.randomBytes(nacl.box.nonceLength);
      const box = nacl.box(Buffer.from(JSON.stringify(tokens)), nonce, key, pair.secretKey);
      parcels.set(publicKey, {
        // With padding, as Go's URLEncoding wants it.
        servicePublicKey: Buffer.from(pair.publicKey)
          .toString('base64')
          .replaceAll('+', '-')
          .replaceAll('/', '_'),
        body: Buffer.concat([nonce, box]).toString('base64'),
      });
      for (const wake of waiting.get(publicKey) ?? []) wake();
      return true;
    },
    async handle({ response, url }) {
      const fault = await traffic.serve('access', 'transfer', transferHost);
      if (fault !== undefined) return actOut(fault, response, transferHost);
      const [, folder, key] = url.pathname.split('/').map(decodeURIComponent);
      if (folder !== 'transfer' || key === undefined || key === '')
        return send(response, 404, { text: 'not found' });
      if (!parcels.has(key)) await arrival(key, (leave) => response.once('close', leave));
      if (response.destroyed) return;
      const parcel = parcels.get(key);
      if (parcel === undefined) return send(response, 404, { text: 'resource not found' });
      parcels.delete(key);
      response.setHeader('service-public-key', parcel.servicePublicKey);
      send(response, 200, { text: parcel.body });
    },
  };
}
