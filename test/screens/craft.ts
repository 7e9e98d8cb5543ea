import type { Page } from 'playwright-core';

/** The smallest text of the window, and the smallest target of a pointer, in px. */
const smallest = { text: 11, target: 24 } as const;
/** The sizes of text in the list: names, and everything else. */
const listSizes = ['12px', '13px'] as const;

/**
 * Returns what of the page is too small to read, too small to hit, or too pale: texts with less contrast than 4.5 to 1.
 * Leaves out what is disabled, what something else covers, and links within a sentence.
 */
export function craftProblems(page: Page): Promise<readonly string[]> {
  return page.evaluate(
    ({ smallest, listSizes }) => {
      const problems = new Set<string>();
      const nameOf = (element: Element) =>
        `${element.tagName.toLowerCase()}.${element.className} “${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40)}”`;
      const isDisabled = (element: Element) =>
        element.closest('[disabled], [aria-disabled="true"], [data-disabled], :disabled') !== null;

      const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
      const known = new Map<string, readonly number[]>();
      /** Red, green and blue from 0 to 255, and alpha from 0 to 1. */
      const colourOf = (css: string): readonly number[] => {
        const before = known.get(css);
        if (before !== undefined || canvas === null) return before ?? [0, 0, 0, 0];
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = css;
        canvas.fillRect(0, 0, 1, 1);
        const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
        const colour = [red, green, blue, alpha / 255];
        known.set(css, colour);
        return colour;
      };
      const over = (above: readonly number[], below: readonly number[]) => {
        const alpha = above[3] ?? 0;
        return [0, 1, 2].map((at) => (above[at] ?? 0) * alpha + (below[at] ?? 0) * (1 - alpha));
      };
      const groundOf = (element: Element | null): readonly number[] => {
        if (element === null) return colourOf('Canvas');
        const ground = colourOf(getComputedStyle(element).backgroundColor);
        return ground[3] === 1 ? ground : over(ground, groundOf(element.parentElement));
      };
      const luminance = (colour: readonly number[]) => {
        const [red = 0, green = 0, blue = 0] = colour
          .slice(0, 3)
          .map((part) => part / 255)
          .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const contrast = (a: readonly number[], b: readonly number[]) => {
        const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((one, other) => one - other);
        return (light + 0.05) / (dark + 0.05);
      };

      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
        const element = node.parentElement;
        if (element === null || node.textContent?.trim() === '') continue;
        if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        if (element.closest('.for-screen-readers, style, script') !== null) continue;
        const { fontSize, color } = getComputedStyle(element);
        if (Number.parseFloat(fontSize) < smallest.text) problems.add(`${fontSize}: ${nameOf(element)}`);
        const isInList = element.closest('.clusters') !== null;
        if (isInList && !listSizes.some((size) => size === fontSize))
          problems.add(`${fontSize} in the list: ${nameOf(element)}`);
        if (isDisabled(element)) continue;
        const ground = groundOf(element);
        const ratio = contrast(over(colourOf(color), ground), ground);
        if (ratio < 4.5) problems.add(`${ratio.toFixed(2)} to 1: ${nameOf(element)}`);
      }

      const controls = 'button, a[href], input, select, summary, [role="option"], [role^="menuitem"]';
      /** A row opens wherever it is hit beside its controls. */
      const hits = (control: Element, at: Element | null): boolean => {
        if (at === null) return false;
        if (control.contains(at)) return true;
        const label = at.closest('label');
        if (label?.control === control) return true;
        return (
          control.matches('.row-title') &&
          at.closest(controls) === null &&
          at.closest('[data-cluster]') === control.closest('[data-cluster]')
        );
      };
      /** What scrolls cuts it off, or what is fixed or floats is above it. */
      const isPartial = (control: Element, missed: readonly (Element | null)[]): boolean => {
        const box = control.getBoundingClientRect();
        for (let at = control.parentElement; at !== null; at = at.parentElement) {
          if (getComputedStyle(at).overflow === 'visible') continue;
          const { top, bottom, left, right } = at.getBoundingClientRect();
          if (box.top < top || box.bottom > bottom || box.left < left || box.right > right) return true;
        }
        return missed.some((element) => {
          for (let at = element; at !== null && !at.contains(control); at = at.parentElement)
            if (/fixed|sticky/.test(getComputedStyle(at).position)) return true;
          return false;
        });
      };
      const isInSentence = (control: Element) =>
        control.matches('a, .link-button') &&
        [...(control.parentNode?.childNodes ?? [])].some(
          (node) => node.nodeType === Node.TEXT_NODE && /\p{L}/u.test(node.textContent ?? ''),
        );
      for (const control of document.querySelectorAll(controls)) {
        if (isDisabled(control) || isInSentence(control)) continue;
        if (!control.checkVisibility({ visibilityProperty: true })) continue;
        const { left, top, width, height } = control.getBoundingClientRect();
        const [x, y] = [left + width / 2, top + height / 2];
        const reach = smallest.target / 2 - 0.5;
        const isInside =
          x - reach >= 0 && y - reach >= 0 && x + reach <= innerWidth && y + reach <= innerHeight;
        if (width < 2 || !isInside || !hits(control, document.elementFromPoint(x, y))) continue;
        const missed = [
          document.elementFromPoint(x - reach, y),
          document.elementFromPoint(x + reach, y),
          document.elementFromPoint(x, y - reach),
          document.elementFromPoint(x, y + reach),
        ].filter((at) => !hits(control, at));
        if (missed.length > 0 && !isPartial(control, missed))
          problems.add(
            `${Math.round(width)} x ${Math.round(height)} px to hit: ${nameOf(control)}, beside ${missed.map((at) => (at === null ? 'nothing' : nameOf(at))).join(', ')}`,
          );
      }
      return [...problems];
    },
    { smallest, listSizes },
  );
}
