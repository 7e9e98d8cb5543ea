import { isVersion } from '../../../main/model/semver.ts';

/** The request of the release workflow. */
export interface Publication {
  readonly version: string;
  /** Older installations must update. */
  readonly minimumVersion?: string;
  /** Percentage of installations that get the release, 0 to 100. */
  readonly rollout: number;
  /** Markdown. */
  readonly notes: string;
  /** The download page. */
  readonly url: string;
  /** Replace all releases of the channel with this one, even if it is older. */
  readonly replace?: boolean;
}

export const notesAtMost = 64 * 1024;

const checks: Readonly<Record<keyof Publication, (value: unknown) => boolean>> = {
  version: isVersionText,
  minimumVersion: (value) => value === undefined || isVersionText(value),
  rollout: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 100,
  notes: (value) =>
    typeof value === 'string' &&
    new TextEncoder().encode(value).length <= notesAtMost &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern looks for them.
    !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(value.replaceAll('\r\n', '\n')),
  url: (value) => typeof value === 'string' && value.length <= 2_000 && isHttps(value),
  replace: (value) => value === undefined || typeof value === 'boolean',
};

/** Parses a publication, or returns the first wrong field, or `body` if it is not an object. */
export function readPublication(
  text: string,
): { readonly publication: Publication } | { readonly field: string } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { field: 'body' };
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { field: 'body' };
  const unknown = Object.keys(body).find((name) => !Object.hasOwn(checks, name));
  if (unknown !== undefined) return { field: unknown };
  const fields: Readonly<Record<string, unknown>> = { ...body };
  const wrong = Object.entries(checks).find(([name, isGood]) => !isGood(fields[name]));
  return wrong === undefined ? { publication: body as Publication } : { field: wrong[0] };
}

function isVersionText(value: unknown): boolean {
  return typeof value === 'string' && isVersion(value);
}

function isHttps(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && url.username === '' && url.password === '';
}
