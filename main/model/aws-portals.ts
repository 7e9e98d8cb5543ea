/** An access portal of IAM Identity Center and its region. */
export interface AwsPortalSetting {
  readonly startUrl: string;
  readonly region: string;
}

/**
 * Parses the text of `portalText`. Returns undefined for any other text. Uses no Node API, because the window calls it
 * too.
 */
export function portalIn(text: string): AwsPortalSetting | undefined {
  const at = text.indexOf('=');
  const [region, startUrl] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  return isAwsRegion(region) && startUrlIn(startUrl) === startUrl ? { region, startUrl } : undefined;
}

export function portalText({ region, startUrl }: AwsPortalSetting): string {
  return `${region}=${startUrl}`;
}

/** A region of any partition: `eu-west-1`, `us-gov-east-1`, `eusc-de-east-1`. */
export const awsRegionPattern = /^[a-z]{2,8}(-[a-z]+)+-\d$/;

export function isAwsRegion(text: string): boolean {
  return awsRegionPattern.test(text);
}

/**
 * Returns the start URL of an access portal from user input, also without https:// and as the browser's address bar
 * shows it, with a trailing `/#/`. Returns undefined if it is not one.
 */
export function startUrlIn(text: string): string | undefined {
  const given = text.trim();
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:/i.test(given) ? given : `https://${given}`);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined;
  if (!url.hostname.includes('.')) return undefined;
  const path = url.pathname.endsWith('/') ? url.pathname.slice(0, -1) : url.pathname;
  return `${url.origin}${path}`;
}
