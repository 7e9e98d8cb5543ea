import { commandHelp, type Help } from './command-help.ts';

/** The description and the examples of a command, as its `--help` prints them. `program` is how the user calls it. */
export function helpOf(
  name: keyof typeof commandHelp,
  program: string,
): Record<'summary' | 'description' | 'examples', string> {
  const { summary, details, examples }: Help = commandHelp[name];
  return {
    summary,
    description: details === undefined ? `${summary}.` : `${summary}. ${details}`,
    examples: [
      '',
      'Examples:',
      ...examples.map((example) => `  ${example.replaceAll('k8s-tunnels ', `${program} `)}`),
    ].join('\n'),
  };
}
