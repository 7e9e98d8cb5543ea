import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe } from '../../main/cli/program.ts';
import { root } from './blocks.ts';

const program = describe({ json: true, done: () => {} });

/** What is wrong with a call of ours, by the command line's own parser; nothing runs. */
export function wrongArguments(args: readonly string[]): string | undefined {
  const [name, ...rest] = args;
  if (name === undefined || ['--help', '--version', '--json'].includes(name)) return undefined;
  const command = program.commands.find((one) => one.name() === name);
  if (command === undefined) return `unknown command ${name}`;
  try {
    const { operands, unknown } = command.parseOptions([...rest]);
    if (unknown.length > 0) return `unknown option ${unknown[0]} of ${name}`;
    const wanted = command.registeredArguments;
    const isVariadic = wanted.some(({ variadic }) => variadic);
    if (operands.length > wanted.length && !isVariadic) return `too many arguments of ${name}`;
    const least = wanted.filter(({ required }) => required).length;
    return operands.length < least ? `too few arguments of ${name}` : undefined;
  } catch (error) {
    return String(error);
  }
}

/** The calls of `name` in a shell text, each as its words; a comment, a pipe or a second command ends one. */
export function callsOf(name: string, text: string): readonly (readonly string[])[] {
  const calls = text
    .replaceAll('\\\n', ' ')
    .matchAll(new RegExp(`(?:^|[|&;(])\\s*${name}(?=\\s|$)(.*)`, 'gm'));
  return [...calls].map(([, rest = '']) => wordsOf(rest));
}

function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)) {
    if (/^(#|\||&&|;|>|\))/.test(word)) break;
    words.push(word.replaceAll(/['"]/g, ''));
  }
  return words;
}

const { scripts } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** What is wrong with a shell text: its syntax, a call of ours, a script that package.json does not have. */
export async function wrongShell(text: string): Promise<readonly string[]> {
  const { stderr } = await execa('bash', ['-n'], { input: text, reject: false });
  const named = callsOf('npm run', text).map(([script = '']) => script);
  const npmCalls = callsOf('npm', text).flatMap(([word = '']) =>
    ['test', 'start'].includes(word) ? [word] : [],
  );
  return [
    ...(stderr === '' ? [] : [stderr]),
    ...callsOf('k8s-tunnels', text).flatMap((args) => wrongArguments(args) ?? []),
    ...[...named, ...npmCalls]
      .filter((script) => !Object.hasOwn(scripts, script))
      .map((script) => `package.json has no script ${script}`),
  ];
}
