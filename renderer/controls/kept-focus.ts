import { type RefObject, useEffect } from 'react';

const focusable = 'button, a[href], input, select, textarea, [tabindex="0"]';

/**
 * Keeps the focus inside an element: if the focused control goes away, what is next to it gets the focus. Browsers move it
 * to the page's body, where no key works.
 */
export function useKeptFocus(within: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const root = within.current;
    if (root === null) return;
    /** The focused control and its ancestors, from the inside. */
    let around: Element[] = [];
    const see = ({ target }: FocusEvent) => {
      around = [];
      for (let at = target; at instanceof Element && at !== root.parentElement; at = at.parentElement)
        around.push(at);
    };
    const move = () => {
      const [last] = around;
      if (document.activeElement !== document.body || last === undefined || isUsable(last)) return;
      for (const one of around) {
        if (!one.isConnected) continue;
        const next = [...one.querySelectorAll<HTMLElement>(focusable)].find(isUsable);
        if (next === undefined) continue;
        next.focus();
        return;
      }
    };
    root.addEventListener('focusin', see);
    const observer = new MutationObserver(move);
    observer.observe(root, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ['disabled', 'hidden'],
    });
    return () => {
      root.removeEventListener('focusin', see);
      observer.disconnect();
    };
  }, [within]);
}

function isUsable(element: Element): boolean {
  return element.isConnected && !element.matches(':disabled') && element.checkVisibility();
}
