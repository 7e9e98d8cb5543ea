import { isolated } from '../text/isolated.ts';

export const confirmationsText = {
  title: (client: string, title: string) => `Allow ${isolated(client)} to read ${isolated(title)}?`,
  body: (pid: number) =>
    `This is a production cluster. The AI client (process ${pid}) can read its objects and logs until it ends, without the data of Secrets. It can change nothing.`,
  yes: 'Allow reading',
  no: 'Do not allow',
  notAnswered: 'Could not send your answer',
} as const;
