import { accountText, accountTitle } from '../../main/model/account-name.ts';
import type { Cell } from '../../main/model/cluster.ts';
import type { Settings } from '../../main/model/settings.ts';
import { clusterText } from './cluster.ts';
import { isolated } from './isolated.ts';

const sourceNames = { ...clusterText.sources, catalog: clusterText.catalog };

type Location = Pick<Cell, 'source' | 'account' | 'accountName' | 'region'>;

/** `EKS · Payments · eu-west-1`: a location, short enough for a row. */
export function locationOf({ source, region, ...account }: Location): string {
  const title = accountTitle(account);
  return joined([sourceNames[source], isSpoken(region) ? shortened(title) : title, region]);
}

/** Returns what the head of a group does not say of a location: `eu-west-1` below an account. */
export function locationWithin(location: Location, groupedBy: Settings['listGroup'] | undefined): string {
  const { source: _, region, ...account } = location;
  switch (groupedBy) {
    case 'account':
      return joined([region]);
    case 'cloud':
      return joined([shortened(accountTitle(account)), region]);
    default:
      return locationOf(location);
  }
}

/** `EKS · Payments (444455556666) · eu-west-1`: a location in full. */
export function fullLocationOf({ source, region, ...account }: Location): string {
  return joined([sourceNames[source], accountText(account), region]);
}

/** `EKS · Payments`: the account that clusters are grouped by. */
export function accountOf({ source, ...account }: Omit<Location, 'region'>): string {
  return joined([sourceNames[source], accountTitle(account)]);
}

/** `EKS · Payments (444455556666)`: the account with its id. */
export function fullAccountOf({ source, ...account }: Omit<Location, 'region'>): string {
  return joined([sourceNames[source], accountText(account)]);
}

function joined(parts: readonly string[]): string {
  return parts.filter(isSpoken).map(isolated).join(' · ');
}

/** Wildcards are omitted. */
function isSpoken(part: string): boolean {
  return part !== '' && part !== '/' && part !== '*';
}

const longest = 24;

/** Leaves room for what follows in a row. Ids differ at both ends, paths and addresses at the last. */
function shortened(account: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(account))
    return `${account.slice(0, 8)}…${account.slice(-4)}`;
  const characters = [...account];
  if (characters.length <= longest) return account;
  return `${characters.slice(0, longest / 2 - 1).join('')}…${characters.slice(-longest / 2).join('')}`;
}
