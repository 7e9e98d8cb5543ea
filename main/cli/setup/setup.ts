import type { Output } from '../../api/contract.ts';
import { AppError } from '../../model/app-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { missingLine, soonMissing } from '../missing-sign-ins.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { hasTerminal, paint, printable } from '../terminal.ts';
import { runCheck } from './check.ts';
import type { SetupFlags } from './flags.ts';
import { placeFrom } from './place.ts';
import { previewLines } from './preview-lines.ts';
import { runNewSigningKey, runSign } from './sign.ts';
import { shownLines, viewLines } from './view-lines.ts';

type Preview = Output<'setup-preview'>;

/**
 * Runs what `setup` does without an agent: `--check`, `--sign` and `--new-key`. Resolves with the exit code, or with
 * undefined if the arguments ask for something else. Rejects with `bad-input` for flags that do not go together, or as
 * what it runs.
 */
export async function prepareSetup(
  source: string | undefined,
  flags: SetupFlags,
  output: { readonly json: boolean },
): Promise<number | undefined> {
  const { check, sign, newKey, keyFile = [] } = flags;
  const { show, refresh, review, remove } = flags;
  const alone = [check, sign, newKey !== undefined].filter(Boolean).length;
  if (alone > 1 || (alone === 1 && [show, refresh, review, remove].some(Boolean)))
    throw new AppError(
      'bad-input',
      '--check, --sign, --new-key, --show, --refresh, --review and --remove exclude each other.',
    );
  if (flags.offline && !check) throw new AppError('bad-input', '--offline is for --check.');
  if (keyFile.length > 0 && !sign) throw new AppError('bad-input', '--key-file is for --sign.');
  if (newKey !== undefined) return runNewSigningKey(newKey, output);
  if (!check && !sign) return undefined;
  if (source === undefined)
    throw new AppError('bad-input', 'No configuration is named.', {
      hint: check
        ? 'Name its file or address: k8s-tunnels setup --check organisation.yaml'
        : 'Name its file: k8s-tunnels setup --sign k8s-tunnels.yaml --key-file organisation.key',
    });
  return check ? runCheck(source, flags, output) : runSign(source, keyFile, output);
}

/**
 * Applies an organisation's configuration after the user has reviewed it, or shows, refreshes or removes the current
 * one.
 */
export async function runSetup(
  session: Session,
  source: string | undefined,
  flags: SetupFlags,
): Promise<number> {
  const { client, json, progress, orInterrupted } = session;
  const asked = [source !== undefined, flags.show, flags.refresh, flags.review, flags.remove].filter(Boolean);
  if (asked.length > 1)
    throw new AppError('bad-input', 'A source, --show, --refresh, --review and --remove exclude each other.');
  if (flags.refresh) {
    progress.update('Reading the configuration');
    const result = await orInterrupted(client.call('setup-refresh', {}));
    progress.end();
    if (json) writeJson(result);
    else
      writeLines([
        result.changed
          ? 'The configuration has changed.'
          : result.organisation?.pending === undefined
            ? 'No changes.'
            : 'A new configuration is waiting for your review.',
        ...viewLines(result.organisation),
      ]);
    return exitCodes.ok;
  }
  if (flags.remove) {
    const result = await client.call('setup-remove', {});
    progress.end();
    if (json) writeJson(result);
    else
      writeLines([
        result.removed ? 'Configuration removed.' : 'Nothing was configured.',
        ...viewLines(result.organisation),
      ]);
    return exitCodes.ok;
  }
  if (flags.review) return apply(session, undefined, flags);
  if (source === undefined) {
    const shown = await client.call('setup-show', {});
    progress.end();
    if (json) writeJson({ ...shown, organisation: shown.organisation ?? null });
    else writeLines(shownLines(shown));
    return exitCodes.ok;
  }
  return apply(session, placeFrom(source), flags);
}

/** Applies the configuration from `source`. Without a source, accepts the pending changes of the current one. */
async function apply(
  session: Session,
  source: string | undefined,
  { key, yes, replace }: SetupFlags,
): Promise<number> {
  const { client, json, progress, orInterrupted } = session;
  const setup = { ...(source === undefined ? {} : { source }), ...(key === undefined ? {} : { key }) };
  progress.update('Reading the configuration');
  const preview = await orInterrupted(client.call('setup-preview', setup));
  progress.end();
  if (!json) writeAside(previewLines(preview, source === undefined));
  // Skip the question if nothing changes.
  const isNothingNew = source === undefined && preview.fields.every(({ before }) => before === undefined);
  if (!yes && !(isNothingNew && key === undefined)) await confirmSetup(preview, json, source === undefined);
  const { organisation } = await client.call('setup-apply', {
    ...setup,
    digest: preview.digest,
    ...(replace ? { replace } : {}),
  });
  progress.end();
  if (json) writeJson({ preview, organisation: organisation ?? null });
  else
    writeLines([
      `${paint('green', '✓')} ${source === undefined ? 'Accepted' : 'Set up for'} ${printable(preview.name)}`,
    ]);
  // Name the next step, signing in, which `connect` offers too.
  if (!json) writeAside((await soonMissing(session)).map(missingLine));
  return exitCodes.ok;
}

/** Asks the user. Rejects with `cancelled` after a no, and with `bad-input` without a terminal. */
async function confirmSetup({ name }: Preview, json: boolean, isReview: boolean): Promise<void> {
  if (json || !hasTerminal()) {
    throw new AppError(
      'bad-input',
      'The setup needs a confirmation, and there is no terminal to ask in. Nothing was changed.',
      {
        hint: 'Check what it changes, then add --yes.',
      },
    );
  }
  const { confirm } = await import('@clack/prompts');
  const answer = await confirm({
    message: isReview
      ? `Accept the new configuration of ${printable(name)}?`
      : `Set up for ${printable(name)}?`,
    initialValue: false,
  });
  if (answer !== true) throw new AppError('cancelled', 'Nothing was changed.');
}
