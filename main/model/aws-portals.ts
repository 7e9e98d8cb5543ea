/** An access portal of IAM Identity Center, and the region that it is in. */
export interface AwsPortalSetting {
  readonly startUrl: string;
  readonly region: string;
}

/** What `portalText` wrote; undefined where the text is no such portal. Holds for the window too: it uses no Node. */
export function portalIn(text: string): AwsPortalSetting | undefined {
  const at = text.indexOf('=');
  const [region, startUrl] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  return isAwsRegion(region) && startUrlIn(startUrl) === startUrl ? { region, startUrl } : undefined;
}

export function portalText({ region, startUrl }: AwsPortalSetting): string {
  return `${region}=${startUrl}`;
}

export function isAwsRegion(text: string): boolean {
  return /^[a-z]{2}(-[a-z]+)+-\d$/.test(text);
}

/**
 * The start URL of an access portal as a user gives it: without https:// too, and as the browser's address bar has it,
 * with `/#/` behind. Undefined where it is none.
 */
export function startUrlIn(text: string): string | undefined {
  const given = text.trim();
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:/i.test(given) ? given : `https://${given}`);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined;
  if (!url.hostname.includes('.')) return undefined;
  const path = url.pathname.endsWith('/') ? url.pathname.slice(0, -1) : url.pathname;
  return `${url.origin}${path}`;
}
