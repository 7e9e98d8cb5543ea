import { createPageSecret, takeFromAddress } from './agent/page-secret.ts';
import './theme/tokens.css';
import './theme/base.css';
import './controls/controls.css';
import './clusters/empty.css';

// In a browser, the address that opened this tab contains its secret.
if (window.k8sTunnels === undefined) takeFromAddress(createPageSecret(sessionStorage));

/** The page's own script would delay the words of `index.html`: it is run once they are drawn, or soon in a hidden tab. */
const drawn = new Promise<void>((resolve) => {
  requestAnimationFrame(() => setTimeout(resolve));
  setTimeout(resolve, 200);
});
void drawn.then(() => import('./start.tsx'));
