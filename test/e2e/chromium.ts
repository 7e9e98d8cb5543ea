import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  '--force-color-profile=srgb',
];

const installed = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/**
 * The browser that tests drive: `K8S_TUNNELS_CHROMIUM`, else the one that comes as a package (Linux x64 only), else one
 * that is installed; undefined when there is none.
 */
export async function findChromium(): Promise<string | undefined> {
  const { K8S_TUNNELS_CHROMIUM: named } = process.env;
  if (named !== undefined) return named;
  if (process.platform === 'linux' && process.arch === 'x64') {
    packaged ??= findPackaged();
    return (await packaged).executable;
  }
  for (const file of installed) {
    const found = await access(file).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return undefined;
}

interface Packaged {
  readonly executable: string;
  /** Where its own libraries and fonts are. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

let packaged: Promise<Packaged> | undefined;

/**
 * Prepares the browser of the package. It says where its libraries are in the environment of this process, from which it
 * is taken out again: other programs that a test starts have libraries of their own.
 */
async function findPackaged(): Promise<Packaged> {
  const names = ['AWS_EXECUTION_ENV', 'LD_LIBRARY_PATH', 'FONTCONFIG_PATH'] as const;
  const before = names.map((name) => [name, process.env[name]] as const);
  // Makes it bring its own NSS libraries, and fonts, for machines that have none.
  process.env.AWS_EXECUTION_ENV ??= 'AWS_Lambda_nodejs22.x';
  const { default: browser } = await import('@sparticuz/chromium');
  const executable = await browser.executablePath();
  const { LD_LIBRARY_PATH, FONTCONFIG_PATH } = process.env;
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  return { executable, env: { LD_LIBRARY_PATH, FONTCONFIG_PATH } };
}

export interface Chromium {
  /** For `connectOverCDP`. */
  readonly endpoint: string;
  close(): Promise<void>;
  /** The same at once, for a process that ends. */
  end(): void;
}

/** Starts it with an empty profile. `more` are further flags. */
export async function startChromium(executable: string, more: readonly string[] = []): Promise<Chromium> {
  const profile = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-chromium-'));
  const known = await packaged;
  const child = spawn(
    executable,
    [...flags, ...more, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...(known?.executable === executable ? known.env : {}) },
    },
  );
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const endpoint = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, address] = /DevTools listening on (ws:\/\/\S+)/.exec(said) ?? [];
      if (address !== undefined) resolve(address);
    });
    void ended.then(() => reject(new Error(`${executable} did not start: ${said}`)));
  }).catch(async (error: unknown) => {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    throw error;
  });
  return {
    endpoint,
    async close() {
      child.kill('SIGKILL');
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
    end() {
      child.kill('SIGKILL');
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}
