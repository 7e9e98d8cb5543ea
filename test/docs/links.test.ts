import { access, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from './blocks.ts';

const documents = (await readdir(root, { recursive: true })).filter(
  (name) => name.endsWith('.md') && !/(^|\/)(node_modules|out|dist)\//.test(name),
);

function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '');
}

/** As GitHub makes them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...prose(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) => {
      const slug = title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-');
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${times}`;
    }),
  );
}

async function brokenIn(file: string, text: string): Promise<readonly string[]> {
  const targets = prose(text)
    .replaceAll(/`[^`]*`/g, '')
    .matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g);
  const broken = await Promise.all(
    [...targets].map(async ([, inText, inTag]) => {
      const target = inText ?? inTag ?? '';
      if (/^(https?:|mailto:)/.test(target)) return [];
      const [place = '', anchor] = target.split('#');
      const goal = place === '' ? path.join(root, file) : path.resolve(root, path.dirname(file), place);
      if (
        !(await access(goal).then(
          () => true,
          () => false,
        ))
      )
        return [`${file}: ${target}`];
      if (anchor === undefined) return [];
      const there = place === '' ? text : await readFile(goal, 'utf8');
      return anchorsOf(there).has(anchor) ? [] : [`${file}: ${target}`];
    }),
  );
  return broken.flat();
}

it.each(documents)('every link of %s leads somewhere', async (file) => {
  expect(await brokenIn(file, await readFile(path.join(root, file), 'utf8'))).toEqual([]);
});

it('a link that leads nowhere is found', async () => {
  const text =
    '# One two, three\n[a](docs/nothing.md) [b](#one-two) [c](#one-two-three) [d](docs/admin.md#no-such)';
  expect(await brokenIn('README.md', text)).toEqual([
    'README.md: docs/nothing.md',
    'README.md: #one-two',
    'README.md: docs/admin.md#no-such',
  ]);
});
