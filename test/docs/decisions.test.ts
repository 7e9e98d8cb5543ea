import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './blocks.ts';

const folder = path.join(root, 'docs/decisions');
const names = (await readdir(folder)).filter((name) => name !== 'README.md').sort();
const index = await readFile(path.join(folder, 'README.md'), 'utf8');

async function linesBelow(place: string): Promise<number> {
  const at = path.join(root, place);
  if ((await stat(at)).isFile()) return (await readFile(at, 'utf8')).split('\n').length - 1;
  const sizes = await Promise.all((await readdir(at)).map((name) => linesBelow(path.join(place, name))));
  return sizes.reduce((sum, lines) => sum + lines, 0);
}

/** The files and folders of the repository that a text names, in code or in brackets behind a number of lines. */
const placesIn = (text: string) =>
  [...text.matchAll(/`((?:main|preload|renderer|scripts|test|resources)\/[^`\s]+)`/g)].map(
    ([, place = '']) => place,
  );

describe.each(names)('%s', (name) => {
  it('has its parts, each with text', async () => {
    const text = await readFile(path.join(folder, name), 'utf8');
    const parts = [...text.matchAll(/^\*\*(.+)\.\*\* (.+)$/gm)].map(([, part]) => part);
    expect(parts).toEqual(['Context', 'Decision', 'Numbers', 'Consequences']);
    const [, title = ''] = /^# \d+\. (.+)$/m.exec(text) ?? [];
    expect(index).toContain(`${Number.parseInt(name, 10)}. [${title}](${name})`);
  });

  it('names files that are there, and no size that is wrong', async () => {
    const text = await readFile(path.join(folder, name), 'utf8');
    const missing = await Promise.all(
      placesIn(text).map(async (place) =>
        stat(path.join(root, place)).then(
          () => [],
          () => [place],
        ),
      ),
    );
    expect(missing.flat()).toEqual([]);
    for (const [, most = '', places = ''] of text.matchAll(/fewer than (\d+)\s+lines[^(]*\(([^)]+)\)/g)) {
      const sizes = await Promise.all(placesIn(places).map(linesBelow));
      expect(sizes.reduce((sum, lines) => sum + lines, 0)).toBeLessThan(Number(most));
      expect(sizes.length).toBeGreaterThan(0);
    }
  });
});
