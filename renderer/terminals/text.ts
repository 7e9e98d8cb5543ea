import { duration, plural } from '../../main/model/wording.ts';
import { isolated } from '../text/isolated.ts';

export const terminalsText = {
  title: 'Terminals',
  count: (count: number, production: number) =>
    `${plural(count, { one: '# terminal', other: '# terminals' })}${production === 0 ? '' : `, ${production} production`}`,
  kinds: { shell: 'shell', env: 'env', exec: 'command', mcp: 'AI client' },
  process: (pid: number, ms: number) => `process ${pid}, for ${duration(ms)}`,
  namespace: (name: string) => `namespace ${name}`,
  end: 'End access',
  notEnded: 'Could not end the access of the AI client',
  notOpened: (title: string) => `Could not open a terminal on ${isolated(title)}`,
} as const;
