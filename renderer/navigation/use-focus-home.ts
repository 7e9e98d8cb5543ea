import { useEffect } from 'react';

/** Where the focus goes when nothing has it, best first. */
const homes = [
  '.search input',
  '.crumb-back',
  'main .button.primary',
  'main :is(button, a[href], input)',
  'button',
];

/** Dialogs and menus give the focus back themselves. */
const overlays = '.veil, .popover, [role="menu"]';

/** The window was not only left for a moment. */
const awayMs = 60_000;

/**
 * Keeps the focus off the page's body: when what had it disappears or is disabled, or after a click on empty space, it goes
 * to what had it before, to the way back of the same page, or to the search field. Waits for what else moves the focus,
 * and while text is being selected. A window that is opened again after a while has the focus in the search field.
 */
export function useFocusHome(): void {
  useEffect(() => {
    let last: Element | null = null;
    /** The page that has the focus, if it is not the list. */
    let lastPage: Element | null = null;
    let isPressed = false;
    let frame = 0;
    const look = () => {
      if (!isLost() || isPressed || document.querySelector(overlays) !== null) return;
      if (getSelection()?.isCollapsed === false) return;
      const before = isFocusable(last) ? last : undefined;
      const back = lastPage?.isConnected === true ? lastPage.querySelector('.crumb-back') : undefined;
      const target = before ?? back ?? homeOf();
      if (target instanceof HTMLElement) target.focus({ preventScroll: true });
    };
    const lookSoon = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        frame = requestAnimationFrame(look);
      });
    };
    const listening = new AbortController();
    const options = { capture: true, signal: listening.signal };
    document.addEventListener(
      'focusin',
      ({ target }) => {
        last = target instanceof Element ? target : null;
        lastPage = last?.closest('.sub-page') ?? null;
      },
      options,
    );
    document.addEventListener('focusout', lookSoon, options);
    document.addEventListener(
      'pointerdown',
      () => {
        isPressed = true;
      },
      options,
    );
    for (const end of ['pointerup', 'pointercancel'] as const)
      document.addEventListener(
        end,
        () => {
          isPressed = false;
          lookSoon();
        },
        options,
      );
    let hiddenAt = Date.now();
    document.addEventListener(
      'visibilitychange',
      () => {
        if (document.hidden) hiddenAt = Date.now();
        else if (Date.now() - hiddenAt >= awayMs && document.querySelector(overlays) === null) {
          const field = document.querySelector('.search input');
          if (isFocusable(field) && !isField(document.activeElement)) (field as HTMLElement).focus();
        }
      },
      options,
    );
    // Browsers report no loss of the focus when its element is removed.
    const changes = new MutationObserver(() => {
      if (isLost()) lookSoon();
    });
    changes.observe(document.body, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ['hidden', 'disabled', 'inert'],
    });
    lookSoon();
    return () => {
      cancelAnimationFrame(frame);
      listening.abort();
      changes.disconnect();
    };
  }, []);
}

function isLost(): boolean {
  const { activeElement } = document;
  return activeElement === null || activeElement === document.body || !isFocusable(activeElement);
}

function isFocusable(element: Element | null): element is Element {
  return element?.isConnected === true && element.checkVisibility() && !element.matches(':disabled');
}

function homeOf(): Element | undefined {
  for (const selector of homes) {
    const found = [...document.querySelectorAll(selector)].find(isFocusable);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isField(element: Element | null): boolean {
  return element?.matches('input:not([type=checkbox]), textarea, select') === true;
}
