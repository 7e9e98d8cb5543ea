import { usePage } from '../agent/page.tsx';
import { agentText } from '../agent/text.ts';
import './done-toast.css';

/** Shown while a change waits for the user in the terminal that runs `serve`. */
export function ConfirmingToast() {
  const isConfirming = usePage((page) => page.isConfirming === true);
  return (
    <div className="toast-place" role="status">
      {isConfirming && (
        <div className="toast">
          <span>{agentText.link.confirming}</span>
        </div>
      )}
    </div>
  );
}
