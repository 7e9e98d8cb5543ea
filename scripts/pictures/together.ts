import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type TrayActions, trayMenu } from '../../main/desktop/tray-menu.ts';
import type { Snapshot } from '../../main/model/agent-view.ts';

/** The size of the picture, in CSS pixels. */
export const togetherSize = { width: 1180, height: 760 } as const;

/** Of Debian's fonts-dejavu-core: the Chromium of the tests has no monospaced font, and no signs. */
const font = '/usr/share/fonts/truetype/dejavu/DejaVuSansMono';

const nothing = () => {};
const actions: TrayActions = {
  connect: nothing,
  disconnect: nothing,
  disconnectAll: nothing,
  retry: nothing,
  use: nothing,
  lock: nothing,
  openSet: nothing,
  openLink: nothing,
  discover: nothing,
  openWindow: nothing,
  answer: nothing,
  openAccounts: nothing,
  openSettings: nothing,
  quit: nothing,
};

/**
 * Returns a page that shows the window, the menu of the tray and a terminal together. `window` is a file of its picture,
 * `terminal` what was typed and printed there, with colours of SGR.
 */
export async function togetherPage(options: {
  readonly theme: 'light' | 'dark';
  readonly window: string;
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly terminal: readonly { readonly command: string; readonly output: string }[];
}): Promise<string> {
  const { theme, window, snapshot, now, terminal } = options;
  const files = [window, path.resolve('resources/icon.png'), `${font}.ttf`, `${font}-Bold.ttf`];
  const [picture, appIcon, regular, bold] = await Promise.all(files.map(dataUrl));
  const lines = terminal.map(
    ({ command, output }) => `${prompt}${escaped(command)}\n${coloured(output.trimEnd())}`,
  );
  return `<!doctype html><meta charset="utf-8"><style>
@font-face { font-family: mono; src: url(${regular}); }
@font-face { font-family: mono; font-weight: 700; src: url(${bold}); }
${style}</style>
<body data-theme="${theme}">
<main>
  <img class="window" src="${picture}">
  <section class="bar"><i></i><img src="${appIcon}"><span>${timeText(now)}</span></section>
  <menu>${trayMenu({ snapshot, now, actions }).map(itemText).join('')}</menu>
  <section class="terminal"><header><i></i><i></i><i></i>bash</header><pre>${lines.join('\n\n')}\n\n${prompt}<u></u></pre></section>
</main>`;
}

function itemText({
  type,
  label = '',
  checked,
  enabled,
  submenu,
}: ReturnType<typeof trayMenu>[number]): string {
  if (type === 'separator') return '<hr>';
  const [title = '', note = ''] = label.replaceAll('&&', '&').split('   ');
  return `<li data-off="${enabled === false}"><i>${checked === true ? '✓' : ''}</i>${escaped(title)}<small>${escaped(note)}${submenu === undefined ? '' : '▸'}</small></li>`;
}

const timeText = (now: number) =>
  new Date(now).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });

async function dataUrl(file: string): Promise<string> {
  return `data:;base64,${(await readFile(file)).toString('base64')}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

const prompt = '<b class="c36">$</b> ';

/** Returns text with SGR sequences as HTML: each becomes a span of its class, which the next one ends. */
function coloured(text: string): string {
  const [first = '', ...parts] = text.split('\x1b[');
  const spans = parts.map((part) => {
    const [, codes = '', rest = ''] = /^([\d;]*)m([\s\S]*)$/.exec(part) ?? [];
    const names = codes.split(';').map((code) => `c${code}`);
    return `<span class="${names.join(' ')}">${escaped(rest)}</span>`;
  });
  return [escaped(first), ...spans].join('');
}

const style = `
* { margin: 0; padding: 0; box-sizing: border-box; }
body { font: 14px/1.45 'Open Sans', mono, sans-serif; width: ${togetherSize.width}px; height: ${togetherSize.height}px;
  --desk: linear-gradient(135deg, #dfe7f5, #f4ecf3); --panel: #fff; --text: #1d2330; --soft: #6d7688; --line: #dfe3ea; --term: #12161f; }
body[data-theme=dark] { --desk: linear-gradient(135deg, #1a2233, #2a2030); --panel: #23272f; --text: #e8ebf1; --soft: #98a1b2; --line: #383d48; --term: #0c0f15; }
main { position: relative; width: 100%; height: 100%; background: var(--desk); overflow: hidden; color: var(--text); }
.window, menu, .terminal { position: absolute; border-radius: 12px; box-shadow: 0 18px 50px rgb(10 16 32 / .28); border: 1px solid var(--line); }
.window { left: 32px; top: 52px; width: 436px; }
.bar { position: absolute; inset: 0 0 auto; height: 30px; background: color-mix(in srgb, var(--panel) 70%, transparent); display: flex; gap: 14px; align-items: center; padding-inline: 14px; font-size: 13px; }
.bar i { flex: 1; } .bar img { width: 18px; }
menu { z-index: 1; right: 34px; top: 36px; width: 330px; background: var(--panel); list-style: none; padding: 6px 0; font-size: 13.5px; }
menu hr { border: 0; border-top: 1px solid var(--line); margin: 5px 0; }
menu li { display: flex; padding: 3px 14px 3px 8px; white-space: nowrap; } menu li[data-off=true] { color: var(--soft); }
menu li i { width: 20px; font: 12px/1.6 mono; } menu small { margin-inline-start: auto; padding-inline-start: 16px; color: var(--soft); font-size: 12.5px; }
.terminal { left: 492px; bottom: 28px; width: 660px; background: var(--term); color: #d9dee8; overflow: hidden; border-color: #2b3140; }
.terminal header { display: flex; gap: 7px; align-items: center; padding: 9px 14px; background: #1d2330; font-size: 12.5px; color: #9aa4b6; }
.terminal header i { width: 11px; height: 11px; border-radius: 50%; background: #4a5366; } .terminal header i:last-of-type { margin-inline-end: 8px; }
pre { padding: 12px 16px; font: 11.8px/1.55 mono; white-space: pre; }
u { display: inline-block; width: 8px; height: 15px; background: #d9dee8; vertical-align: -2px; }
.c1 { font-weight: 700; } .c2 { color: #8d97a8; } .c31 { color: #ff8f87; } .c32 { color: #7fd38b; } .c33 { color: #f0c674; } .c36 { color: #7ccfd6; }
`;
