interface Props {
  size?: number;
}

/** An H whose bar is a rope made fast between two posts. */
export function Logo({ size = 28 }: Props) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0f6457" />
      <path d="M10.5 7v18M21.5 7v18" stroke="#fff" strokeWidth="3.2" strokeLinecap="round" fill="none" />
      <path d="M10.5 18.5c3.2-6 7.8-6 11 0" stroke="#f2c14e" strokeWidth="3.2" strokeLinecap="round" fill="none" />
    </svg>
  );
}
