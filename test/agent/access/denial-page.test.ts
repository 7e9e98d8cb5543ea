import { describe, expect, it } from 'vitest';
import { denialMessage } from '../../../main/agent/access/denial-page.ts';

describe('the words of a denial page', () => {
  it.each([
    ['<p>Ask in #platform.</p>', 'Ask in #platform.'],
    ['<P CLASS="x">Ask in <b>#platform</b>.</P>', 'Ask in #platform .'],
    ['<h1>Forbidden</h1><p>Ray ID: 8f2e</p><p>People &amp; ops only &#33;</p>', 'People & ops only !'],
    ['<head><p>Not this</p></head><script>"<p>nor this</p>"</script><h2>But this</h2>', 'But this'],
    ['<!-- <p>Not this</p> --><p>But this</p>', 'But this'],
    ['<p>Never closed', 'Never closed'],
    ['<p>Cut short in a <b class="', 'Cut short in a'],
    ['<p>Cut short in a comment <!-- which', 'Cut short in a comment'],
    ['<p>Forbidden<p>Ended by the next</p>', 'Ended by the next'],
    ['<pre>No paragraph</pre><p>A paragraph</p>', 'A paragraph'],
    [`<p>${'long '.repeat(100)}</p>`, `${'long '.repeat(100).slice(0, 199)}…`],
    ['<p></p><div>only this</div>', undefined],
    ['', undefined],
  ])('%s', (html, message) => {
    expect(denialMessage(html)).toBe(message);
  });
});
