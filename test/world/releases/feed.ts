import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Channel } from '../../../resources/worker/src/environment.ts';
import { readChannel, type StoredRelease, writeChannel } from '../../../resources/worker/src/stored.ts';
import { givenOut } from '../given-out.ts';
import { startWorker } from '../worker.ts';

export interface ReleaseFeed {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** ed25519, 32 bytes in base64. */
  readonly publicKey: string;
  readonly secret: string;
  publish(channel: string, release: Readonly<Record<string, unknown>>): Promise<Response>;
  /** Puts something in the place of what was published, as only the operator could. */
  tamper(
    channel: Channel,
    change: (releases: readonly StoredRelease[]) => readonly StoredRelease[],
  ): Promise<void>;
  close(): Promise<void>;
}

/** The real Worker in workerd, as `wrangler.jsonc` says, with an empty KV. */
export async function startReleaseFeed(
  bindings: Readonly<Record<string, string>> = {},
): Promise<ReleaseFeed> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const secret = givenOut(randomBytes(24).toString('base64url'), 'the secret of the release feed');
  const signingKey = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const { url, store, close } = await startWorker({
    bindings: {
      PUBLISH_SECRET: secret,
      SIGNING_KEY: givenOut(signingKey, "the release feed's key"),
      ...bindings,
    },
  });
  return {
    url,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64'),
    secret,
    publish: (channel, release) =>
      fetch(`${url}/v1/releases/${channel}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}` },
        body: JSON.stringify(release),
      }),
    async tamper(channel, change) {
      const releases = await store('RELEASES');
      await writeChannel(releases, channel, change(await readChannel(releases, channel)));
    },
    close,
  };
}
