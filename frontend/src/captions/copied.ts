/** What copying from the captions gives: plain lines, "Speaker A: …", as a person would write them down. */

/** In the captions' markup: a line, its speaker's name, its words, and what in these is no word. */
export const LINE = '[data-line]'
const NAME = '[data-name]'
const WORDS = '[data-words]'
const NO_WORD = '[data-no-word]'

interface Part {
  name: string
  text: string
  whole: boolean
}

const plain = (text: string | null): string => (text ?? '').replaceAll(/\s+/g, ' ').trim()

function wordsIn(content: DocumentFragment): string {
  for (const one of content.querySelectorAll(NO_WORD)) one.remove()
  return plain(content.textContent)
}

function partOf(line: Element, chosen: Range): Part[] {
  const words = line.querySelector(WORDS)
  if (!words || !chosen.intersectsNode(words)) return []
  const all = document.createRange()
  all.selectNodeContents(words)
  const part = all.cloneRange()
  if (words.contains(chosen.startContainer)) part.setStart(chosen.startContainer, chosen.startOffset)
  if (words.contains(chosen.endContainer)) part.setEnd(chosen.endContainer, chosen.endOffset)
  const text = wordsIn(part.cloneContents())
  const name = plain(line.querySelector(NAME)?.textContent ?? '')
  return text ? [{ name, text, whole: text === wordsIn(all.cloneContents()) }] : []
}

/** The chosen lines; a part of one line stands alone. Null: nothing that is a line's, or more than the captions. */
export function copiedLines(captions: Element, chosen: Range): string | null {
  if (!captions.contains(chosen.commonAncestorContainer)) return null
  const parts = [...captions.querySelectorAll(LINE)].flatMap(line => partOf(line, chosen))
  const [only, another] = parts
  if (!only) return null
  if (!another && !only.whole) return only.text
  return parts.map(({ name, text }) => (name ? `${name}: ${text}` : text)).join('\n')
}
