import { escapeXml } from '../report/escape-xml.ts';
import type { Frame } from './read-profile.ts';

const WIDTH = 1200;
const ROW = 17;
const TOP = 34;
/** Narrower frames are left out: nobody could see them. */
const LEAST_PIXELS = 1.5;
const PIXELS_PER_LETTER = 6.4;
const LEAST_LETTERS = 3;

/**
 * A flame graph: each function above those that it called, as wide as its share of the time; the widest first. A title
 * of each frame, shown by browsers under the pointer, says its file and share.
 */
export function drawFlame(root: Frame, title: string): string {
  const parts: string[] = [];
  let deepest = 0;
  const draw = (frame: Frame, left: number, depth: number): void => {
    const width = (frame.totalMicros / root.totalMicros) * WIDTH;
    if (width < LEAST_PIXELS) return;
    deepest = Math.max(deepest, depth);
    const letters = Math.floor((width - 4) / PIXELS_PER_LETTER);
    const label = frame.name.length > letters ? `${frame.name.slice(0, Math.max(0, letters - 1))}…` : frame.name;
    const share = ((frame.totalMicros / root.totalMicros) * 100).toFixed(1);
    const top = TOP + depth * ROW;
    parts.push(
      `<g><title>${escapeXml(`${frame.name} ${frame.place} ${share} %`)}</title><rect x="${left.toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colourOf(frame)}"/>${letters >= LEAST_LETTERS ? `<text x="${(left + 2).toFixed(1)}" y="${top + 12}">${escapeXml(label)}</text>` : ''}</g>`,
    );
    let next = left;
    for (const child of [...frame.children.values()].sort((a, b) => b.totalMicros - a.totalMicros)) {
      draw(child, next, depth + 1);
      next += (child.totalMicros / root.totalMicros) * WIDTH;
    }
  };
  draw(root, 0, 0);
  const height = TOP + (deepest + 1) * ROW + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="ui-monospace, monospace" font-size="11">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="4" y="20" font-size="14">${escapeXml(`The gateway's process, ${title}. Blue: the gateway's own code, orange: packages, green: Node, grey: V8.`)}</text>
${parts.join('\n')}
</svg>
`;
}

function colourOf({ name, place }: Frame): string {
  if (place.startsWith('node_modules/')) return '#f2b56b';
  if (place.startsWith('node:')) return '#9ccc9c';
  if (/^(libs|apps|migrations)\//.test(place)) return '#8fb8e8';
  return name === 'requests' || name === 'SQLite' || name === 'all' ? '#d9d9d9' : '#cfcfcf';
}
