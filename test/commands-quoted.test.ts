import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseSync } from 'vite';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

/** A program that we tell users to run, and what follows it up to an interpolation. */
const programs = {
  'k8s-tunnels':
    'connect|disconnect|forget|remove|rotate|list|discover|status|switch|sets|tags|lint-tags|accounts|login|logout|settings|setup|serve|agent|quit|credential',
  kubectl: 'config|get|apply|delete|describe|version|auth',
  vault: 'kv|login|read|write|token|auth',
  aws: 'eks|sts|sso|login|logout|configure|iam',
  az: 'login|logout|aks|tag|account|ad',
  azd: 'auth',
  gcloud: 'auth|container|services|config|projects',
  cloudflared: 'access|tunnel|update',
  systemctl: '[a-z-]+',
  launchctl: '[a-z-]+',
  '(?:chmod|chown|icacls|sudo|takeown)': '\\0|[\\w/+=.-]+',
} as const;
const command = new RegExp(
  Object.entries(programs)
    .map(
      ([program, verbs]) =>
        `(?:^|[\`"'(\\s])${program} +(?:(?:-{1,2}\\w[^.\`;]*|${verbs})(?=[ \\0]))[^.\`;]*\\0`,
    )
    .join('|'),
);
/** The template tags that quote each interpolation. */
const tags = new Set(['command', 'posix']);

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** The commands in a file's templates that something is put into unquoted, with their lines. */
function unquoted(file: string, source: string): readonly string[] {
  const found: string[] = [];
  const visit = (value: unknown, isQuoted: boolean): void => {
    if (Array.isArray(value)) {
      for (const one of value) visit(one, isQuoted);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node;
    if (node.type === 'TaggedTemplateExpression') {
      const { quasi } = node as unknown as { readonly quasi: Node };
      visit(quasi, isCommandTag(node.tag as Node));
      return;
    }
    if (node.type === 'TemplateLiteral' && !isQuoted) {
      const quasis = node.quasis as readonly { readonly value: { readonly cooked: string } }[];
      const text = quasis.map(({ value: { cooked } }) => cooked).join('\0');
      if (command.test(text))
        found.push(
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a template is shown.
          `${file}:${source.slice(0, node.start).split('\n').length}: ${text.replaceAll('\0', '${…}')}`,
        );
    }
    for (const [key, one] of Object.entries(node)) if (key !== 'type') visit(one, false);
  };
  visit(parseSync(file, source).program, false);
  return found;
}

function isCommandTag(tag: Node): boolean {
  if (tag.type === 'Identifier') return tags.has(String(tag.name));
  const callee = tag.type === 'CallExpression' ? (tag.callee as Node) : undefined;
  return callee?.type === 'Identifier' && callee.name === 'commandFor';
}

test('each command that users are told quotes what is put into it', async () => {
  const files = (
    await Promise.all(
      ['main', 'renderer', 'preload'].map(async (folder) => {
        const names = await readdir(path.join(root, folder), { recursive: true });
        return names.filter((name) => /\.tsx?$/.test(name)).map((name) => path.posix.join(folder, name));
      }),
    )
  ).flat();
  const found = await Promise.all(
    files.map(async (file) => unquoted(file, await readFile(path.join(root, file), 'utf8'))),
  );
  expect(files.length).toBeGreaterThan(200);
  expect(found.flat()).toEqual([]);
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: source text.
test.each([
  ['`Run \\`k8s-tunnels connect --add ${title}\\` to sign in.`', 1],
  ['`Connect it first: k8s-tunnels connect ${title}`', 1],
  ['`kubectl --context ${context} get namespaces`', 1],
  ['`chown root ${file} && chmod 644 ${file}`', 1],
  ['`Look at \\`az aks get-credentials -g ${group} -n ${cluster} -f -\\`.`', 1],
  ['`${start} vault kv get ${path}`', 1],
  ['`Run \\`${command`k8s-tunnels connect ${title}`}\\`.`', 0],
  ['commandFor(shell)`kubectl --context ${context} get namespaces`', 0],
  ['`k8s-tunnels ${version} is out`', 0],
  ['`kubectl uses ${name}`', 0],
  ['`cloudflared did not start: ${why}.`', 0],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: source text.
])('the guard sees what is wrong: %s', (source, count) => {
  expect(unquoted('a.ts', source)).toHaveLength(count);
});
