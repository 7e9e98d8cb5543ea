import { createNetwork, type Network } from '../../agent/network/network.ts';
import { trustUsableAuthorities } from '../../agent/network/trust.ts';
import { isOlder } from '../../agent/organisation/conflict.ts';
import { managedSettings } from '../../agent/organisation/managed-settings.ts';
import { fieldName, inspectOrganisation } from '../../agent/organisation/parse.ts';
import { previewFields, previewRemarks, previewSettings } from '../../agent/organisation/preview.ts';
import { hasSignature, readSource } from '../../agent/organisation/read-source.ts';
import { type Origin, parseSource, placeOf, type SetupSource } from '../../agent/organisation/source.ts';
import { pathsFrom } from '../../agent/paths.ts';
import { createSettings } from '../../agent/settings/settings.ts';
import { AppError, toPlainError } from '../../model/app-error.ts';
import type { Organisation } from '../../model/organisation.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeLines } from '../report.ts';
import { addressesOf } from './addresses.ts';
import { checkLines } from './check-lines.ts';
import type { CheckedAddress, CheckedSignature, CheckReport } from './check-report.ts';
import { type Current, readCurrent } from './current.ts';
import { findingsIn } from './findings.ts';
import type { SetupFlags } from './flags.ts';
import { placeFrom } from './place.ts';
import { tryAddress } from './try-address.ts';

/**
 * Checks a configuration before it is published, without an agent and without a setup; changes nothing. Resolves with
 * `exitCodes.findings` if anything is wrong. Rejects as `parseSource` and `readSource` do if it cannot be read.
 */
export async function runCheck(
  source: string,
  { key, offline }: Pick<SetupFlags, 'key' | 'offline'>,
  { json }: { readonly json: boolean },
): Promise<number> {
  const { env } = process;
  trustUsableAuthorities({ env });
  const network = createNetwork(env);
  const parsed = parseSource(placeFrom(source), key);
  const current = await readCurrent(env, pathsFrom(env).config);
  const report = await check({ source: parsed, network, offline: offline === true, current });
  network.reset();
  if (json) writeJson(report);
  else writeLines(checkLines(report));
  return report.ok ? exitCodes.ok : exitCodes.findings;
}

async function check(options: {
  readonly source: SetupSource;
  readonly network: Network;
  readonly offline: boolean;
  readonly current: Current | undefined;
}): Promise<CheckReport> {
  const { source, network, offline, current } = options;
  const { origin } = source;
  const reading = await readSource({ origin, keys: [], network });
  if (reading === undefined) throw new Error('A reading without an etag has a text.');
  const signature = await checkSignature(source, network);
  const inspection = inspectOrganisation(reading.text);
  const { organisation } = inspection;
  const place = placeOf(origin);
  if (organisation === undefined) {
    const problems = inspection.problems.map((problem) => ({ ...problem, fix: 'Correct it in the file.' }));
    return { source: place, ok: false, signature, findings: problems, addresses: [] };
  }
  const compared = current === undefined ? undefined : compare(organisation, current);
  const older =
    compared?.order === 'older' || compared?.order === 'same-but-changed'
      ? [
          {
            ...inspection.positionOf(['revision']),
            field: 'revision',
            message:
              compared.order === 'older'
                ? `is lower than ${current?.organisation.revision}, which is in use: installations refuse it`
                : 'is that of the configuration in use, which is another one: an older file could be brought back',
            fix: `Raise it above ${current?.organisation.revision}.`,
          },
        ]
      : [];
  const { publicKeys = [] } = organisation.signing ?? {};
  const lost =
    publicKeys.length === 0 ||
    signature.state === 'unsigned' ||
    (await isSignedBy(publicKeys, origin, network))
      ? []
      : [
          {
            ...inspection.positionOf(['signing', 'publicKeys']),
            field: 'signing.publicKeys',
            message:
              'lists no key that has signed this file, so that perhaps nobody can sign the next version',
            fix: 'List your own keys, and sign with one of them too: repeat --key-file.',
          },
        ];
  const findings = [...findingsIn(organisation, inspection), ...older, ...lost].toSorted(
    (a, b) => a.line - b.line,
  );
  const addresses = offline
    ? []
    : await Promise.all(
        addressesOf(organisation).map(async (address): Promise<CheckedAddress> => {
          const { path, url } = address;
          const verdict = await tryAddress(address, organisation, network);
          return { ...inspection.positionOf(path), field: fieldName(path), url, ...verdict };
        }),
      );
  const { name, revision } = organisation;
  const isSigned = signature.state !== 'refused';
  return {
    source: place,
    ok: isSigned && findings.length === 0 && addresses.every(({ ok }) => ok),
    name,
    ...(revision === undefined ? {} : { revision }),
    signature,
    findings,
    ...(compared === undefined ? {} : { compared }),
    ...preview(organisation, source, current?.organisation),
    addresses,
  };
}

async function checkSignature(source: SetupSource, network: Network): Promise<CheckedSignature> {
  const { origin, key } = source;
  if (key === undefined)
    return { state: (await hasSignature({ origin, network })) ? 'unchecked' : 'unsigned' };
  try {
    await readSource({ origin, keys: [key], network });
    return { state: 'signed', key };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'organisation-refused') throw error;
    const { message } = toPlainError(error);
    return {
      state: 'refused',
      key,
      message,
      fix: 'Sign it after the last change: k8s-tunnels setup --sign FILE --key-file KEY',
    };
  }
}

async function isSignedBy(keys: readonly string[], origin: Origin, network: Network): Promise<boolean> {
  try {
    return (await readSource({ origin, keys, network })) !== undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === 'organisation-refused') return false;
    throw error;
  }
}

/** Returns how the revision follows the one in use. Another organisation's has nothing to do with it. */
function compare(next: Organisation, { organisation, place }: Current): NonNullable<CheckReport['compared']> {
  const { name, revision } = organisation;
  const isChanged = previewFields(next, organisation).some(({ before }) => before !== undefined);
  const order =
    next.name !== name
      ? 'other'
      : isOlder(next, revision)
        ? 'older'
        : next.revision !== revision
          ? 'newer'
          : isChanged && revision !== undefined
            ? 'same-but-changed'
            : 'same';
  return { name, place, ...(revision === undefined ? {} : { revision }), order };
}

/** The settings of a user who has chosen none. */
const nothingChosen = { path: '', store: {}, set: () => {}, delete: () => {} };

/** Returns what changes for such a user. */
function preview(next: Organisation, { origin, key }: SetupSource, now: Organisation | undefined) {
  const { under } = createSettings({ openStore: () => nothingChosen, onChange: () => {} });
  return {
    fields: previewFields(next, now),
    settings: previewSettings({
      next,
      now,
      settings: { before: under(managedSettings(now)), after: under(managedSettings(next)) },
    }),
    remarks: previewRemarks({
      next,
      keyFrom: key === undefined ? undefined : 'user',
      host: origin.kind === 'url' ? new URL(origin.url).host : undefined,
      managed: undefined,
    }),
  };
}
