import { useEffect } from 'react';
import type { Settings } from '../../main/model/settings.ts';
import { useAgent } from '../agent/page.tsx';

type Theme = Settings['theme'];

const key = 'theme';

/** Applies the user's theme, now and whenever it changes. `public/last-theme.js` applies the last one at the next start. */
export function useTheme(): void {
  const theme = useAgent(({ settings }) => settings.theme);
  useEffect(() => {
    apply(theme);
    localStorage.setItem(key, theme);
  }, [theme]);
}

function apply(theme: Theme): void {
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset.theme;
  else dataset.theme = theme;
}
