/** What completes the word after one of these operands. */
export interface AfterOperand {
  readonly words: readonly string[];
  readonly values: { readonly names: 'set' } | { readonly words: readonly string[] };
}

const setActions = ['save', 'add', 'remove', 'rename', 'delete', 'link'];

/** By command: what follows its name, and what follows its actions. Every other operand is a cluster. */
export const actionWords: Readonly<Record<string, readonly AfterOperand[]>> = {
  sets: [
    { words: ['sets'], values: { words: ['list', ...setActions] } },
    { words: setActions, values: { names: 'set' } },
  ],
  favourites: [{ words: ['favourites'], values: { words: ['list', 'add', 'remove'] } }],
};
