import { expect, test } from 'vitest';
import { pageQuestions } from '../../main/cli/page-questions.ts';
import { openPage } from '../api/web/requests.ts';
import { makeHome, runCli } from './run-cli.ts';
import { startInTerminal } from './terminal.ts';

const change = { name: 'clusterFiles', before: '', after: '/x', isReset: false, why: 'Why.' } as const;
const question = { kind: 'settings', changes: [change] } as const;
const never = new AbortController().signal;

test.each([
  ['y\n', true],
  ['YES\r\n', true],
  ['\n', false],
  ['n\n', false],
  ['yy\n', false],
  ['yes please\n', false],
])('%j is answered with %j', async (line, isYes) => {
  const { confirm, hear } = pageQuestions(() => {});
  expect(hear('y\n')).toBe(false);
  const answer = confirm(question, never);
  expect(hear(line)).toBe(true);
  expect(await answer).toBe(isYes);
  expect(hear('y\n')).toBe(false);
});

test('one question at a time; one that the page takes back is over', async () => {
  const { confirm, hear } = pageQuestions(() => {});
  const abort = new AbortController();
  const first = confirm(question, abort.signal);
  expect(await confirm(question, never)).toBeUndefined();
  abort.abort(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  expect(hear('y\n')).toBe(false);
});

test('shows exactly what would change, control and bidirectional characters as their numbers', async () => {
  const lines: string[] = [];
  const { confirm, hear } = pageQuestions((more) => lines.push(...more));
  const answer = confirm(
    { kind: 'settings', changes: [{ ...change, after: '/a\u001b[2K\r\u202e/b\u200b\n/c' }] },
    never,
  );
  hear('\n');
  await answer;
  expect(lines.join('\n')).toContain('/a\\u{1b}[2K\\u{d}\\u{202e}/b\\u{200b}\\u{a}/c');
  expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test('serve asks in its terminal; Enter is a no, y is a yes', async (context) => {
  if (process.platform === 'win32') return context.skip('no terminal of util-linux');
  const home = await makeHome();
  const terminal = startInTerminal({ args: ['serve', '--no-open'], env: home.env });
  try {
    const [address = ''] = (await terminal.shows(/http:\S+#open=\S+/)) ?? [];
    const { socket } = await openPage(address);
    const came: { readonly id?: number }[] = [];
    socket.on('message', (data) => came.push(JSON.parse(String(data)) as object));
    const ask = (id: number) =>
      socket.send(
        JSON.stringify({ id, operation: 'settings-set', input: { clusterFiles: ['/etc/x.yaml'] } }),
      );
    const answered = (id: number) =>
      expect.poll(() => came.find((message) => message.id === id), { timeout: 10_000 });
    ask(1);
    await terminal.shows(
      /clusterFiles[\s\S]*\/etc\/x\.yaml[\s\S]*Change it\? Type y and press Enter \[y\/N\]/,
    );
    terminal.press('\r');
    await answered(1).toMatchObject({ error: { code: 'confirmation-needed' } });
    await terminal.shows(/Nothing was changed\./);
    ask(2);
    await terminal.shows(/Nothing was changed[\s\S]*Change it\?/);
    terminal.press('y\r');
    await answered(2).toMatchObject({ output: { clusterFiles: ['/etc/x.yaml'] } });
    // Enter is again what it was.
    terminal.press('\r');
    await terminal.shows(/Confirmed\.[\s\S]*http:\S+#open=\S+/);
    socket.close();
  } finally {
    await terminal.end();
    await runCli(['quit'], { env: home.env });
    await home.remove();
  }
});
