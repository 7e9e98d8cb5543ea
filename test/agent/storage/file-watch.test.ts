import { once } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLogger } from '../../../main/agent/parts.ts';
import { type FileWatch, watchFiles } from '../../../main/agent/storage/file-watch.ts';
import { skippingClock } from '../skipping-clock.ts';

let folder: string;
let watched: FileWatch | undefined;
let isOpen: boolean;
let looks: number;
let warned: string[];
const clock = skippingClock();

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'file-watch-'));
  looks = 0;
  warned = [];
});
afterEach(async () => {
  watched?.close();
  await rm(folder, { recursive: true, force: true });
});

const start = async (options: {
  readonly files?: readonly string[] | (() => readonly string[]);
  readonly folders?: readonly string[];
  readonly ending?: string;
  readonly dueAt?: () => number | undefined;
  readonly watch?: typeof watch;
  readonly type?: number;
  readonly look?: () => void;
}) => {
  const { files = [], folders = [], ending, dueAt = () => undefined, look = () => {}, type } = options;
  const opened = watchFiles({
    clock,
    logger: {
      ...silentLogger,
      warn: (message, fields) => warned.push(`${message} ${JSON.stringify(fields)}`),
    },
    watched: async () => ({ files: typeof files === 'function' ? files() : files, folders, ending }),
    async look() {
      looks += 1;
      look();
      return dueAt();
    },
    watch: options.watch,
    fileSystem: type === undefined ? undefined : async () => ({ type }),
  });
  isOpen = true;
  watched = {
    look: opened.look,
    close() {
      isOpen = false;
      opened.close();
    },
  };
  await watched.look();
  looks = 0;
};
/** Time passes step by step, and what is due has its turn. */
const minute = async (stepMs = 1_000) => {
  for (let passed = 0; passed < 60_000; passed += stepMs) {
    clock.skip(stepMs);
    // A look that has begun sets the next timer when it is done.
    do await new Promise((resolve) => setTimeout(resolve, 5));
    while (isOpen && clock.pending() === 0);
  }
};
const looked = () => vi.waitFor(() => expect(looks).toBeGreaterThan(0));

describe('files that are watched', () => {
  test.each([
    ['NFS', 0x6969],
    ['9p, as of Windows in WSL', 0x01021997],
  ])('are looked at once a minute where another system may write them: %s', async (_, type) => {
    await writeFile(path.join(folder, 'config'), 'a');
    await start({ files: [path.join(folder, 'config')], type });
    await minute();
    await minute();
    expect(looks).toBe(2);
  });

  test('are looked at after ten minutes where only this computer writes them', async () => {
    await writeFile(path.join(folder, 'config'), 'a');
    await start({ files: [path.join(folder, 'config')], type: 0xef53 });
    for (let minutes = 0; minutes < 9; minutes += 1) await minute(30_000);
    expect(looks).toBe(0);
    await minute(30_000);
    expect(looks).toBe(1);
  });

  test.each([
    ['written', (file: string) => writeFile(file, 'b')],
    [
      'replaced by rename',
      async (file: string) => {
        await writeFile(`${file}.new`, 'b');
        await rename(`${file}.new`, file);
      },
    ],
    ['deleted', (file: string) => rm(file)],
  ])('are looked at when one is %s, each time', async (_, change) => {
    const file = path.join(folder, 'config');
    await writeFile(file, 'a');
    await start({ files: [file] });
    await change(file);
    await looked();
    looks = 0;
    await writeFile(file, 'c');
    await looked();
  });

  test('are in a folder those with its ending, and no others', async () => {
    await start({ folders: [folder], ending: '-org-token' });
    await writeFile(path.join(folder, 'app-token'), 'a');
    await writeFile(path.join(folder, 'acme-org-token.lock'), 'a');
    await writeFile(path.join(folder, 'acme-org-token'), 'a');
    await looked();
    await watched?.look();
    looks = 0;
    await writeFile(path.join(folder, 'other-token'), 'a');
    const seen = watch(folder);
    const reported = once(seen, 'change');
    await writeFile(path.join(folder, 'another-token'), 'a');
    await reported;
    seen.close();
    clock.skip(1_000);
    // A look that has begun takes a few turns.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(looks).toBe(0);
  });

  test('are found when the folders above them come to be', async () => {
    const file = path.join(folder, '.kube', 'deep', 'config');
    await start({ files: [file] });
    await mkdir(path.dirname(file), { recursive: true });
    await looked();
    await watched?.look();
    looks = 0;
    await writeFile(file, 'a');
    await looked();
  });

  test('are followed into a folder that took the place of theirs', async () => {
    const file = path.join(folder, '.kube', 'config');
    await mkdir(path.dirname(file));
    await writeFile(file, 'a');
    await start({ files: [file] });
    await rename(path.dirname(file), `${path.dirname(file)}.old`);
    await mkdir(path.dirname(file));
    await writeFile(file, 'b');
    await looked();
    await watched?.look();
    looks = 0;
    await writeFile(file, 'c');
    await looked();
  });

  test('may be other ones after each look', async () => {
    const [first, second] = ['one', 'two'].map((name) => path.join(folder, name, 'config')) as [
      string,
      string,
    ];
    for (const file of [first, second]) await mkdir(path.dirname(file));
    let files = [first];
    await start({ files: () => files });
    files = [second];
    await watched?.look();
    looks = 0;
    await writeFile(second, 'b');
    await looked();
  });

  test('are not looked at for their neighbours, of which a folder as a whole has none', async () => {
    const tokens = path.join(folder, 'tokens');
    await mkdir(tokens);
    await start({ files: [path.join(folder, 'config')], folders: [tokens] });
    await writeFile(path.join(folder, 'config.lock'), '');
    await symlink('nowhere', path.join(folder, 'other'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(looks).toBe(0);
    await writeFile(path.join(tokens, 'any'), '');
    await looked();
  });

  test('are looked at when the last look said', async () => {
    const dueAt = clock.now() + 25_000;
    await start({ files: [path.join(folder, 'config')], dueAt: () => dueAt });
    // The time between these lines passes, too.
    clock.skip(10_000);
    expect(looks).toBe(0);
    clock.skip(15_000);
    await looked();
  });
});

describe('where watching fails', () => {
  const refuse = (() => {
    throw Object.assign(new Error('no watches left'), { code: 'ENOSPC' });
  }) as unknown as typeof watch;

  test('files are looked at every second', async () => {
    await start({ files: [path.join(folder, 'config')], watch: refuse });
    await minute();
    expect(looks).toBeGreaterThan(50);
  });

  test('each of several is told of once', async () => {
    const files = ['a', 'b'].map((name) => path.join(folder, name, 'config'));
    for (const file of files) await mkdir(path.dirname(file));
    const named = ((place: string) => {
      throw new Error(`no watches left for ${place}`);
    }) as unknown as typeof watch;
    await start({ files, watch: named });
    await minute();
    expect(warned).toHaveLength(2);
  });

  test('as soon as it works again, seldom', async () => {
    let works = false;
    const sometimes = ((...args: Parameters<typeof watch>) =>
      (works ? watch : refuse)(...args)) as typeof watch;
    await start({ files: [path.join(folder, 'config')], watch: sometimes });
    works = true;
    await watched?.look();
    clock.skip(1_000);
    await watched?.look();
    looks = 0;
    await minute();
    expect(looks).toBeLessThanOrEqual(3);
  });

  test('a watch that breaks is begun again', async () => {
    const watchers: FSWatcher[] = [];
    const noted = ((...args: Parameters<typeof watch>) => {
      const one = watch(...args);
      watchers.push(one);
      return one;
    }) as typeof watch;
    await start({ files: [path.join(folder, 'config')], watch: noted });
    watchers[0]?.emit('error', new Error('gone'));
    await looked();
    expect(watchers).toHaveLength(2);
  });
});

test('a look that fails is tried again in a second', async () => {
  let fails = true;
  await start({
    files: [path.join(folder, 'config')],
    look() {
      if (fails) throw new Error('too many open files');
    },
  });
  fails = false;
  clock.skip(1_000);
  await looked();
});

test('nothing is watched, and nothing looked at, after the close', async () => {
  const closed = vi.fn();
  const noted = ((...args: Parameters<typeof watch>) => watch(...args).on('close', closed)) as typeof watch;
  const file = path.join(folder, 'config');
  await start({ files: [file], watch: noted });
  watched?.close();
  await vi.waitFor(() => expect(closed).toHaveBeenCalledOnce());
  await writeFile(file, 'b');
  await minute();
  expect(looks).toBe(0);
});
