import { createHash } from 'node:crypto';

const style = `
:root { color-scheme: light dark; --text: #1f2328; --soft: #59636e; --page: #f6f8fa; --card: #fff; --line: #d1d9e0; --mark: #1a7f37; }
.failed { --mark: #cf222e; }
@media (prefers-color-scheme: dark) {
  :root { --text: #f0f6fc; --soft: #9198a1; --page: #0d1117; --card: #151b23; --line: #3d444d; --mark: #3fb950; }
  .failed { --mark: #f85149; }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 1.5rem; padding: 2.5rem; text-align: center; background: var(--card);
  border: 1px solid var(--line); border-radius: 12px; }
svg { width: 3.5rem; height: 3.5rem; fill: none; stroke: var(--mark); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
h1 { margin: 1rem 0 .5rem; font-size: 1.375rem; }
p { margin: .5rem 0 0; color: var(--soft); overflow-wrap: anywhere; }
`;

const marks = {
  done: '<path d="m7.5 12.5 3 3 6-7"/>',
  failed: '<path d="m8.5 8.5 7 7m0-7-7 7"/>',
};

/**
 * The page loads nothing, runs no script, sends no form and cannot be framed. Its address, which holds the code, is not
 * sent on.
 */
export const callbackHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  connection: 'close',
} as const;

/** Returns the last page of a login. */
export function callbackPage(options: Parameters<typeof openPage>[0]): string {
  return openPage(options) + endOfPage;
}

const endOfPage = `</main>
</body>
</html>
`;

/** Returns the page without its end: more lines can follow. Escapes the texts, which may come from anywhere. */
export function openPage(options: {
  readonly status: keyof typeof marks;
  readonly heading: string;
  readonly lines: readonly string[];
}): string {
  const { status, heading, lines } = options;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(heading)} · k8s-tunnels</title>
<style>${style}</style>
</head>
<body class="${status}">
<main>
<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10"/>${marks[status]}</svg>
<h1>${escapeHtml(heading)}</h1>
${lines.map(paragraph).join('\n')}
`;
}

/** Ends an open page: leads its tab to the address of the next login, or says that there is none. */
export function restOfPage(next: string | undefined): string {
  const rest =
    next === undefined
      ? paragraph('There are no more. You can close this tab.')
      : `<p><a href="${escapeHtml(next)}">Continue</a></p>\n<meta http-equiv="refresh" content="0; url=${escapeHtml(next)}">`;
  return `${rest}\n${endOfPage}`;
}

function paragraph(line: string): string {
  return `<p>${escapeHtml(line)}</p>`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
