import { showText } from './show-text.ts';

/** Names from elsewhere, each marked off, so that none can pass for two. */
export function Names({ names }: { names: readonly string[] | undefined }) {
  if (!names?.length) return <>none</>;
  return (
    <ul className="names">
      {names.map((name) => (
        <li key={name}>
          <code>{showText(name)}</code>
        </li>
      ))}
    </ul>
  );
}
