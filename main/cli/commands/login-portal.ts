import type { Account } from '../../model/account.ts';
import { AppError } from '../../model/app-error.ts';
import { isAwsRegion, portalText, startUrlIn } from '../../model/aws-portals.ts';
import type { Session } from '../session.ts';
import { hasTerminal } from '../terminal.ts';

/** An access portal of AWS IAM Identity Center that is not configured on this computer yet. */
export interface Portal {
  readonly startUrl: string;
  readonly region: string;
}

const noUrl = 'Give the start URL of an access portal, for example https://acme.awsapps.com/start.';
const noRegion = 'Give the region of the access portal, for example eu-west-1.';
const regionMessage = 'Region of the access portal (in AWS: IAM Identity Center, Settings)';

/**
 * Resolves with the portal that the arguments name, or with undefined if the URL belongs to a known account or is not a
 * start URL. Rejects with `bad-input` for a wrong region, and without a region if there is no terminal to ask in.
 */
export async function portalGiven(
  { json, progress }: Session,
  given: { readonly accounts: readonly Account[]; readonly url: string; readonly region: string | undefined },
): Promise<Portal | undefined> {
  const startUrl = startUrlIn(given.url);
  if (startUrl === undefined) {
    if (given.region !== undefined) throw new AppError('bad-input', noUrl);
    return undefined;
  }
  if (given.accounts.some(({ provider, session }) => provider === 'aws' && startUrlIn(session) === startUrl))
    return undefined;
  const { region } = given;
  if (region !== undefined) {
    if (!isAwsRegion(region)) throw new AppError('bad-input', noRegion);
    return { startUrl, region };
  }
  progress.end();
  if (json || !hasTerminal())
    throw new AppError('bad-input', 'The access portal needs its region.', {
      hint: 'Add it, for example --region eu-west-1. Your AWS administrator knows it.',
    });
  return { startUrl, region: await ask(regionMessage, (text) => (isAwsRegion(text) ? undefined : noRegion)) };
}

/** Asks for the start URL and the region. Rejects with `cancelled`. */
export async function typePortal(): Promise<Portal> {
  const url = await ask('Start URL of your AWS access portal', (text) =>
    startUrlIn(text) === undefined ? noUrl : undefined,
  );
  const region = await ask(regionMessage, (text) => (isAwsRegion(text) ? undefined : noRegion));
  return { startUrl: startUrlIn(url) ?? url, region };
}

/** Adds the portal to the settings and signs in. Removes it again if the login fails. */
export async function keepingPortal<T>(
  { client }: Session,
  portal: Portal,
  work: (account: Account) => Promise<T>,
): Promise<T> {
  const { awsPortals: before } = await client.call('settings-get', {});
  await client.call('settings-set', { awsPortals: [...before, portalText(portal)] });
  try {
    return await work({
      provider: 'aws',
      session: portal.startUrl,
      status: 'signed-out',
      renews: false,
      store: '',
      asks: 'browser',
      ours: true,
    });
  } catch (error) {
    await client.call('settings-set', { awsPortals: before }).catch(() => {});
    throw error;
  }
}

async function ask(message: string, wrong: (text: string) => string | undefined): Promise<string> {
  const { text, isCancel } = await import('@clack/prompts');
  const answer = await text({ message, validate: (typed = '') => wrong(typed.trim()) });
  if (isCancel(answer)) throw new AppError('cancelled', 'Nothing was changed.');
  return answer.trim();
}
