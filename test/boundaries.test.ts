import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const shells = ['main/cli', 'main/mcp', 'main/web', 'main/desktop', 'preload', 'renderer'];

/** Who may not import whom. `of` are folders; the first that fits a file counts for it no more than the others. */
const rules = [
  {
    says: 'only main/desktop, preload, and what tests run in Electron import electron',
    of: ['main', 'preload', 'renderer', 'scripts', 'test'],
    except: ['main/desktop', 'preload', 'test/electron/inside'],
    forbids: (target: string) => target === 'electron' || target.startsWith('electron/'),
  },
  {
    says: 'the agent imports no transport and no shell',
    of: ['main/agent'],
    except: [],
    forbids: (target: string) => within(target, ['main/api', ...shells]),
  },
  {
    says: 'what every shell shares imports no other part of the product',
    of: ['main/model'],
    except: [],
    forbids: (target: string) => within(target, ['main/agent', 'main/api', ...shells]),
  },
  {
    says: 'the window imports the contract and what all shells share, nothing of the agent',
    of: ['renderer', 'preload'],
    except: [],
    forbids: (target: string) =>
      within(target, ['main/agent', 'main/cli', 'main/desktop', 'main/mcp', 'main/web']),
  },
  {
    says: 'a transport imports no shell',
    of: ['main/api'],
    except: [],
    forbids: (target: string) => within(target, shells),
  },
  {
    says: 'the product imports nothing of its tests',
    of: ['main', 'preload', 'renderer'],
    except: [],
    forbids: (target: string) => within(target, ['test']),
  },
] as const;

function within(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) => file === folder || file.startsWith(`${folder}/`));
}

/** What the source of `file` (relative to the root) imports that it may not. */
function violations(file: string, source: string): readonly string[] {
  const specifiers = source.matchAll(/\b(?:from|import|require)\s*\(?\s*(['"])(?<specifier>[^'"\n]+)\1/g);
  const targets = [...specifiers].map(({ groups }) => {
    const specifier = groups?.specifier ?? '';
    return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier;
  });
  return rules
    .filter(({ of, except }) => within(file, of) && !within(file, except))
    .flatMap(({ says, forbids }) =>
      targets.filter(forbids).map((target) => `${file} imports ${target}: ${says}`),
    );
}

async function sources(): Promise<readonly string[]> {
  const folders = ['main', 'preload', 'renderer', 'scripts', 'test'];
  const files = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => path.join(parentPath, name));
    }),
  );
  return files
    .flat()
    .filter((file) => /\.[cm]?[jt]sx?$/.test(file) && !file.includes('node_modules'))
    .map((file) => path.relative(root, file).replaceAll(path.sep, '/'));
}

describe('boundaries', () => {
  it('are kept by every file', async () => {
    const files = await sources();
    expect(files).toContain('main/agent/create-agent.ts');
    const found = await Promise.all(
      files
        // It holds what it looks for.
        .filter((file) => file !== 'test/boundaries.test.ts')
        .map(async (file) => violations(file, await readFile(path.join(root, file), 'utf8'))),
    );
    expect(found.flat()).toEqual([]);
  });

  it.each([
    ['main/cli/index.ts', "import { app } from 'electron';", 1],
    ['main/agent/open-url.ts', 'const { shell } = await import("electron/main");', 1],
    ['main/agent/open-url.ts', "import type { Client } from '../api/socket/client.ts';", 1],
    ['main/agent/tunnels/tunnel.ts', "import '../../cli/index.ts';", 1],
    ['main/model/cluster.ts', "import { paths } from '../agent/paths.ts';", 1],
    ['renderer/window.tsx', "import type { Agent } from '../main/agent/agent.ts';", 1],
    ['renderer/window.tsx', "import type { Cluster } from '../main/model/cluster.ts';", 0],
    ['main/api/socket/server.ts', "export { a } from '../../desktop/tray.ts';", 1],
    ['main/cli/index.ts', "import { world } from '../../test/world/world.ts';", 1],
    ['main/desktop/tray.ts', "import { Tray } from 'electron';", 0],
    ['preload/index.ts', "const { ipcRenderer } = require('electron');", 0],
    ['main/cli/index.ts', "import { pathsFrom } from '../agent/paths.ts';", 0],
    ['main/agent/api-server.ts', "import { x } from './api/x.ts';", 0],
  ])('%s with %s', (file, source, count) => {
    expect(violations(file, source)).toHaveLength(count);
  });
});
