/**
 * The lines of a stream of bytes, as many at once as came together; one character a byte. Only `\n` ends a line; what
 * stands behind the last one is a line too, unless it is empty. Of a longer line than `maxBytes` the beginning is
 * kept, so that a stream without line ends fills no memory.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string[]> {
  let rest = '';
  let pending = false;
  for await (const chunk of chunks) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    pending = lines.at(-1) !== '' || (pending && lines.length === 1);
    rest = (lines.pop() as string).slice(0, maxBytes);
    if (lines.length > 0) yield lines;
  }
  if (pending) yield [rest];
}
