import { isVersion } from '../../../main/model/semver.ts';

/** What the release workflow sends. */
export interface Publication {
  readonly version: string;
  /** Older installations have to update. */
  readonly minimumVersion?: string;
  /** Percent of the installations that are told, 0 to 100. */
  readonly rollout: number;
  /** Markdown. */
  readonly notes: string;
  /** Where a person gets it. */
  readonly url: string;
  /** The channel then holds this release alone, also where it is an older one. */
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
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(value.replaceAll('\r\n', '\n')),
  url: (value) => typeof value === 'string' && value.length <= 2_000 && isHttps(value),
  replace: (value) => value === undefined || typeof value === 'boolean',
};

/** The publication, or the first field that is wrong; `body` where it is not even an object. */
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
