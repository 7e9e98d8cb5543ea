import { readFile } from 'node:fs/promises';
import { groupsFrom } from '../../agent/catalog/audience.ts';
import { checkTag } from '../../agent/catalog/tag-checks.ts';
import { createNetwork } from '../../agent/network/network.ts';
import { trustUsableAuthorities } from '../../agent/network/trust.ts';
import type { Environment } from '../../agent/parts.ts';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { type CatalogWorker, openCatalogWorker } from './catalog-worker.ts';
import { type SigningKey, signingKeyFrom } from './signing-key.ts';

export interface PublishFlags {
  readonly dryRun?: boolean;
  readonly allowUnread?: boolean;
  readonly removeUnread?: boolean;
  readonly untagged?: string;
  readonly maxAge?: string;
  readonly keyFile?: string;
}

export interface PublishOptions {
  /** Opens the Worker. What is asked ends with the signal. */
  readonly open: (signal: AbortSignal) => CatalogWorker;
  /** Undefined in a dry run without one. */
  readonly key: SigningKey | undefined;
  /** Seconds. */
  readonly maxAge: number;
  /** Who gets clusters without the tag `groups`. */
  readonly untagged: readonly string[] | undefined;
}

/** Reads the arguments and variables of `publish`. Rejects with `bad-input` or `file-unreadable`. */
export async function readOptions(
  address: string | undefined,
  flags: PublishFlags,
  env: Environment,
): Promise<PublishOptions> {
  const { allowUnread, removeUnread, dryRun, keyFile } = flags;
  if (allowUnread && removeUnread)
    throw new AppError('bad-input', '--allow-unread and --remove-unread exclude each other.');
  const maxAge = secondsFrom(flags.maxAge ?? '24h');
  const url = workerUrl(address ?? env.K8S_TUNNELS_CATALOG_URL);
  const secret = env.K8S_TUNNELS_PUBLISH_SECRET ?? '';
  if (secret === '')
    throw new AppError('bad-input', 'K8S_TUNNELS_PUBLISH_SECRET is not set.', {
      hint: "Set it to the Worker's secret PUBLISH_SECRET.",
    });
  const key = await readKey(keyFile, env.K8S_TUNNELS_CATALOG_KEY ?? '');
  if (key === undefined && !dryRun)
    throw new AppError('bad-input', 'There is no key to sign the catalog with.', {
      hint: 'Set K8S_TUNNELS_CATALOG_KEY, or give --key-file. A new key: k8s-tunnels publish --new-key FILE',
    });
  const { K8S_TUNNELS_ACCESS_CLIENT_ID: id = '', K8S_TUNNELS_ACCESS_CLIENT_SECRET: token = '' } = env;
  if ((id === '') !== (token === ''))
    throw new AppError('bad-input', 'Only one half of the service token of Access is set.', {
      hint: 'Set K8S_TUNNELS_ACCESS_CLIENT_ID and K8S_TUNNELS_ACCESS_CLIENT_SECRET.',
    });
  const serviceToken = id === '' ? undefined : { id, secret: token };
  const untagged = flags.untagged === undefined ? undefined : untaggedGroups(flags.untagged);
  return {
    open(signal) {
      trustUsableAuthorities({ env });
      return openCatalogWorker({ url, secret, serviceToken, network: createNetwork(env), signal });
    },
    key,
    maxAge,
    untagged,
  };
}

async function readKey(file: string | undefined, variable: string): Promise<SigningKey | undefined> {
  if (file !== undefined) return signingKeyFrom(await readText(file), file);
  return variable === '' ? undefined : signingKeyFrom(variable, 'K8S_TUNNELS_CATALOG_KEY');
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError('file-unreadable', `${file} cannot be read (${errnoOf(cause) ?? 'unknown error'}).`, {
      hint: 'Give the file with the private key that signs the catalog to --key-file.',
      cause,
    });
  }
}

function workerUrl(text: string | undefined): URL {
  if (text === undefined || text === '')
    throw new AppError('bad-input', 'There is no Worker to publish to.', {
      hint: 'Give its address (k8s-tunnels publish https://catalog.example.com), or set K8S_TUNNELS_CATALOG_URL.',
    });
  const url = URL.parse(text);
  const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url?.hostname ?? '');
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)) {
    url.pathname = url.pathname.replace(/\/v1\/catalog\/?$/, '/');
    return url;
  }
  throw new AppError('bad-input', `"${text}" is not the address of a Worker.`, {
    hint: 'It begins with https://, because the secret of the publisher is sent there.',
  });
}

const longestDays = 90;

/** Parses `30m`, `24h`, `2d` or `1d12h` into seconds. */
function secondsFrom(text: string): number {
  const [, days, hours, minutes] = /^(?:(\d{1,2})d)?(?:(\d{1,4})h)?(?:(\d{1,4})m)?$/.exec(text) ?? [];
  const total = Number(days ?? 0) * 1_440 + Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  if (total >= 1 && total <= longestDays * 1_440) return total * 60;
  throw new AppError('bad-input', `--max-age is "${text}", which is not a time from 1m to ${longestDays}d.`, {
    hint: 'Write it as 90m, 24h or 2d.',
  });
}

function untaggedGroups(value: string): readonly string[] {
  const result = checkTag('groups', value);
  if ('value' in result) return groupsFrom(value);
  throw new AppError('bad-input', `--untagged is "${value}", which names no groups.`, {
    hint: 'Write everyone, or groups separated by + or commas.',
  });
}
