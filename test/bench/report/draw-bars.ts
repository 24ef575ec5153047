import { escapeXml } from './escape-xml.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly note: string;
  readonly ours: boolean;
}

const WIDTH = 820;
const LEFT = 170;
const RIGHT = 170;
const ROW = 26;
const TOP = 40;

/** Horizontal bars, the shortest first. */
export function drawBars(title: string, bars: readonly Bar[]): string {
  const longest = Math.max(...bars.map(({ value }) => value));
  const rows = [...bars]
    .sort((a, b) => a.value - b.value)
    .map(({ name, value, note, ours }, at) => {
      const top = TOP + at * ROW;
      const width = ((value / longest) * (WIDTH - LEFT - RIGHT)).toFixed(1);
      return `<text x="${LEFT - 8}" y="${top + 15}" text-anchor="end">${escapeXml(name)}</text><rect x="${LEFT}" y="${top + 2}" width="${width}" height="${ROW - 8}" fill="${ours ? '#3572b0' : '#b9bec5'}"/><text x="${LEFT + Number(width) + 6}" y="${top + 15}">${escapeXml(note)}</text>`;
    });
  const height = TOP + bars.length * ROW + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="8" y="22" font-size="15" font-weight="600">${escapeXml(title)}</text>
${rows.join('\n')}
</svg>
`;
}
