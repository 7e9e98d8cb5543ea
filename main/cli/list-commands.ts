import type { SetAction } from './commands/change-sets.ts';
import { runSets } from './commands/sets.ts';
import type { Describing } from './terminal-commands.ts';

/** The actions of `sets`, each with the fewest and the most words that follow it. */
const setActions: Readonly<Record<SetAction, readonly [number, number]>> = {
  save: [2, 51],
  add: [2, 51],
  remove: [2, 51],
  rename: [2, 2],
  delete: [1, 1],
  link: [1, 1],
};

/** Describes the commands for sets and favourites. */
export function describeLists({ program, command, withSession }: Describing): void {
  command('sets [action] [name] [clusters...]')
    .usage(
      '[options] [list] | save <name> <clusters...> | save <link> | add <name> <clusters...> | remove <name> <clusters...> | rename <name> <new-name> | delete <name> | link <name>',
    )
    .action((action: string | undefined, name: string | undefined, words: string[]) => {
      if (action === undefined || (action === 'list' && name === undefined)) return withSession(runSets);
      const counts = Object.hasOwn(setActions, action) ? setActions[action as SetAction] : undefined;
      if (counts === undefined || name === undefined)
        return program.error(
          `error: give list, or one of ${Object.keys(setActions).join(', ')} and the name of a set`,
        );
      const [fewest, most] = counts;
      const isLink = action === 'save' && name.startsWith('k8s-tunnels://');
      if (!isLink && words.length + 1 < fewest)
        program.error(action === 'rename' ? 'error: give the new name of the set' : 'error: name clusters');
      if (words.length + 1 > most) program.error(`error: too many arguments for sets ${action}`);
      return withSession(async (session) => {
        const { runChangeSet } = await import('./commands/change-sets.ts');
        return runChangeSet(session, action as SetAction, name, words);
      });
    });
  command('favourites [action] [clusters...]')
    .alias('favourite')
    .usage('[options] [list] | add <clusters...> | remove <clusters...>')
    .action((action: string | undefined, words: string[]) => {
      const which = (['list', 'add', 'remove'] as const).find((one) => one === (action ?? 'list'));
      if (which === undefined || (which === 'list') !== (words.length === 0))
        return program.error('error: give list, or add or remove and clusters');
      return withSession(async (session) => {
        const { runFavourites } = await import('./commands/favourites.ts');
        return runFavourites(session, which, words);
      });
    });
}
