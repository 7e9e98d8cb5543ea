import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { lockFile, NoSuchFile, type Origin, officialReleases, vendorProgram } from './vendor/fetch.ts';
import { type Lock, type Platform, platforms, readLock } from './vendor/lock.ts';
import { checkVendored } from './vendor/program.ts';

/**
 * `npm run vendor`: downloads the packages' cloudflared for every system and processor into `vendor/`. Accepts a file
 * only with the SHA-256 of resources/cloudflared.lock.json and for the right processor.
 *
 *   --only linux-x64   only this platform (repeatable)
 *   --from FOLDER      use local files, with the same checks
 *   --update VERSION   rewrite the lock file and print the sums, to compare with the release page
 *   --releases URL     download from here instead of cloudflared's release page
 *   --vendor FOLDER, --lock FILE   use these instead of `vendor/` and resources/cloudflared.lock.json
 */
const root = path.resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    from: { type: 'string' },
    update: { type: 'string' },
    releases: { type: 'string', default: officialReleases },
    vendor: { type: 'string', default: path.join(root, 'vendor') },
    lock: { type: 'string', default: path.join(root, 'resources', 'cloudflared.lock.json') },
  },
});
const { vendor, lock: lockPath, releases, from } = values;
const origin: Origin = from === undefined ? { releases } : { folder: from };

async function fetchAll(): Promise<void> {
  const lock = await readLock(lockPath);
  for (const platform of values.only === undefined ? platforms : values.only.map(knownPlatform)) {
    const isThere = await checkVendored({ lock, vendor, platform }).then(
      () => true,
      () => false,
    );
    if (isThere) console.log(`${platform}: cloudflared ${lock.version} is there`);
    else console.log(`${platform}: ${await vendorProgram({ lock, platform, origin, vendor })}`);
  }
}

async function update(version: string): Promise<void> {
  const files: Lock['files'] = {};
  for (const platform of platforms) {
    try {
      const file = await lockFile({ version, platform, origin });
      files[platform] = file;
      console.log(`${file.sha256}  ${file.name}`);
      if (file.programSha256 !== undefined) console.log(`${file.programSha256}  cloudflared in ${file.name}`);
    } catch (error) {
      if (!(error instanceof NoSuchFile)) throw error;
      console.log(`${platform} is left out: ${error.message}`);
    }
  }
  if (Object.keys(files).length === 0)
    throw new Error(`Nothing of cloudflared ${version} was found; the lock file stays.`);
  await writeFile(lockPath, `${JSON.stringify({ version, files }, null, 2)}\n`);
  console.log(
    `Compare these with https://github.com/cloudflare/cloudflared/releases/tag/${version}, then commit ${lockPath}.`,
  );
}

function knownPlatform(name: string): Platform {
  const platform = platforms.find((one) => one === name);
  if (platform === undefined) throw new Error(`--only ${name}: none of ${platforms.join(', ')}.`);
  return platform;
}

try {
  await (values.update === undefined ? fetchAll() : update(values.update));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
