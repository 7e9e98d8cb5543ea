import { readFile } from 'node:fs/promises';
import type { Section, Sections } from './sessions.ts';

/**
 * Reads the configuration and the credentials file, by the rules of the AWS command line where the SDK's reader is
 * stricter and passes over a section without a word: names in quotes, with spaces or with letters of any language, keys in
 * any case, and a byte order mark (botocore/configloader.py: `build_profile_map`, `raw_config_parse`; Python's
 * configparser lowers keys). A profile has its name as key, any other section its kind before the name, as the SDK has it. A
 * file that cannot be read counts as empty.
 */
export async function readAwsSections(files: {
  readonly configFilepath: string;
  readonly filepath: string;
}): Promise<Sections> {
  const [config, credentials] = await Promise.all([textOf(files.configFilepath), textOf(files.filepath)]);
  const found = new Map<string, Section>();
  const add = (name: string, section: Section) => found.set(name, { ...found.get(name), ...section });
  for (const [header, section] of sectionsIn(config)) {
    const name = nameIn(header);
    if (name !== undefined) add(name, section);
  }
  // There, the whole header is the name of a profile, and it comes first.
  for (const [header, section] of sectionsIn(credentials)) add(header, section);
  return Object.fromEntries(found);
}

/** Windows PowerShell writes UTF-16. */
async function textOf(file: string): Promise<string> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  // Removes a byte order mark.
  return new TextDecoder(isWide ? 'utf-16le' : 'utf-8').decode(bytes);
}

/** Returns undefined for a profile without the prefix, which the AWS command line does not know either. */
function nameIn(header: string): string | undefined {
  if (header === 'default') return header;
  const [, kind, text = ''] = /^(profile|sso-session|services)\s(.+)$/.exec(header) ?? [];
  if (kind === undefined) return undefined;
  const rest = text.trim();
  const name = /^(["'])(.*)\1$/.exec(rest)?.[2] ?? rest;
  return kind === 'profile' ? name : `${kind}.${name}`;
}

/**
 * Returns the sections by their headers. A key without a value begins a group: the indented keys below it get its name
 * as a prefix (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html).
 */
function sectionsIn(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> | undefined;
  let group: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [bare = ''] = line.split(/(?:^|\s)[;#]/);
    const words = bare.trim();
    const [, header] = /^\[(.*)\]$/.exec(words) ?? [];
    if (header !== undefined) {
      const name = header.trim();
      section = sections.get(name) ?? {};
      sections.set(name, section);
      group = undefined;
      continue;
    }
    const at = words.indexOf('=');
    if (section === undefined || at < 1) continue;
    const key = words.slice(0, at).trim().toLowerCase();
    const value = words.slice(at + 1).trim();
    if (value === '') {
      group = key;
      continue;
    }
    if (!/^\s/.test(line)) group = undefined;
    section[group === undefined ? key : `${group}.${key}`] = value;
  }
  return sections;
}
