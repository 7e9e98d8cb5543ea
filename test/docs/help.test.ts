import { expect, test } from 'vitest';
import { commandHelp } from '../../main/cli/command-help.ts';
import { describe } from '../../main/cli/program.ts';
import { callsOf, wrongArguments } from './shell.ts';

const { commands } = describe({ json: true, done: () => {} });

test('every command has its help, and every help its command', () => {
  expect(new Set(commands.map((command) => command.name()))).toEqual(new Set(Object.keys(commandHelp)));
});

test.each(commands.map((command) => [command.name(), command] as const))(
  '%s: a verb with a capital, options likewise, and examples that its parser accepts',
  (name, command) => {
    for (const text of [command.summary(), ...command.options.map(({ description }) => description)])
      expect(text).toMatch(/^(?:[A-Z]|(?:aws|oidc): )/);
    const { examples } = commandHelp[name as keyof typeof commandHelp];
    const calls = callsOf('k8s-tunnels', examples.join('\n'));
    expect(calls.map(([first]) => first)).toEqual(examples.map(() => name));
    expect(calls.flatMap((args) => wrongArguments(args) ?? [])).toEqual([]);
  },
);

test('the help names remove alone, and forget goes on working', () => {
  const remove = commands.find((command) => command.name() === 'remove');
  expect(remove?.aliases()).toEqual(['forget']);
  expect(remove?.helpInformation()).not.toContain('forget');
});
