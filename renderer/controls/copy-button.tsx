import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { controlsText } from './text.ts';

const shownMs = 1_500;

/** Copies `value` to the clipboard and confirms it briefly. With `children` it is a text button, otherwise an icon. */
export function CopyButton({
  label,
  value,
  children,
}: {
  readonly label: string;
  readonly value: string | (() => string);
  readonly children?: string;
}) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), shownMs);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = () => {
    navigator.clipboard.writeText(typeof value === 'string' ? value : value()).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  const done = isCopied ? controlsText.copied : undefined;
  if (children !== undefined)
    return (
      <button type="button" className="button small" aria-label={done ?? label} onClick={copy}>
        {done ?? children}
      </button>
    );
  return (
    <button
      type="button"
      className="icon-button small"
      aria-label={done ?? label}
      title={label}
      onClick={copy}
    >
      {isCopied ? <Check size={14} /> : <Copy size={14} />}
    </button>
  );
}
