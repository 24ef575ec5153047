/** The texts of `Warning` headers (`299 - "text"`), which a browser joins with commas. */
export function readWarnings(header: string | null): string[] {
  return [...(header ?? '').matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  );
}
