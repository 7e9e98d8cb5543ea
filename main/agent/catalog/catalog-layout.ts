/** Names and version of the catalog's files. Imports nothing, so that readers without an agent load no schema. */
export const version = 2;
export const runsFile = 'runs.json';

export function isAccountFile(name: string): boolean {
  return /^[a-z]+-[0-9a-f]{16}\.json$/.test(name);
}

/**
 * The names that a shell completes, a line each: what it names, a tab, the name. Read without an agent, as is the template
 * of context names.
 */
export const completionFile = 'completion.txt';
