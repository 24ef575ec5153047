const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/**
 * The small page that a login ends in; no script, no style. With `forward` the browser goes on by itself: a navigation
 * that this very page begins is same-origin, so the Strict cookie goes with it.
 */
export function landingPage(page: {
  readonly title: string;
  readonly message: string;
  readonly href: string;
  readonly forward: boolean;
}): string {
  const href = escape(page.href);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${page.forward ? `<meta http-equiv="refresh" content="0;url=${href}">\n` : ''}<title>${escape(page.title)} - Gatehouse</title>
</head>
<body>
<h1>${escape(page.title)}</h1>
<p>${escape(page.message)}</p>
<p><a href="${href}">${page.forward ? 'Go on' : 'Back to the start'}</a></p>
</body>
</html>
`;
}
