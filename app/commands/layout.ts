/** Text is wrapped so that a terminal of 100 columns shows it as it is meant. */
const width = 98

/** A heading, and under it two columns. */
export function columns(
  title: string,
  rows: readonly (readonly [left: string, right: string])[],
): string {
  const longest = Math.max(...rows.map(([left]) => left.length))
  const lines = rows.map(([left, right]) => beside(left, [right], longest))
  return `${title}\n${lines.join('\n')}`
}

/** A word, and beside it paragraphs that keep to a column of their own. */
export function beside(left: string, paragraphs: readonly string[], longest: number): string {
  const indent = ' '.repeat(longest + 4)
  const lines = paragraphs.flatMap((text) => wrap(text, width - indent.length))
  return `  ${left.padEnd(longest)}  ${lines.join(`\n${indent}`)}`
}

function wrap(text: string, columnWidth: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length <= columnWidth || line === '') {
      line = longer
      continue
    }
    lines.push(line)
    line = word
  }
  return [...lines, line]
}
