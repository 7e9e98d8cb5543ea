/** What the catalog's files are called, and their version. Stands alone: who reads them at rest loads no schema. */
export const version = 2;
export const runsFile = 'runs.json';

export function isAccountFile(name: string): boolean {
  return /^[a-z]+-[0-9a-f]{16}\.json$/.test(name);
}
