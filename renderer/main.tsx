import './theme/tokens.css';
import './theme/base.css';
import './controls/controls.css';
import './clusters/empty.css';

/** The page's own script would delay the words of `index.html`: it is run once they are drawn, or soon in a hidden tab. */
const drawn = new Promise<void>((resolve) => {
  requestAnimationFrame(() => setTimeout(resolve));
  setTimeout(resolve, 200);
});
void drawn.then(() => import('./start.tsx'));
