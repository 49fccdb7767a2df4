/** The server's model card as lines for a person, whatever fields it has. */

export interface Fact {
  name: string
  /** One line, or the items of a list. */
  values: string[]
}

const words = (name: string): string => name.replaceAll('_', ' ')
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isSaid = (value: unknown): boolean => value !== null && value !== undefined && value !== ''

/** One value on one line: {"recall": {"sad": 0.459}} → "recall (sad 0.459)". */
function inline(value: unknown): string {
  if (Array.isArray(value)) return value.map(inline).join(', ')
  if (isObject(value)) {
    return Object.entries(value)
      .filter(([, inner]) => isSaid(inner))
      .map(([key, inner]) => `${words(key)} ${isObject(inner) ? `(${inline(inner)})` : inline(inner)}`)
      .join(', ')
  }
  if (typeof value === 'number') return String(Math.round(value * 1000) / 1000)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return String(value)
}

/** Sentences stay apart; single words go on one line. */
function values(value: unknown): string[] {
  const sentences = Array.isArray(value) && value.some(item => typeof item === 'string' && item.includes(' '))
  return (sentences ? value.map(inline) : [inline(value)]).filter(line => line !== '')
}

/** Limits come first. Objects inside objects get a line for each of their parts; deeper ones stay on it. */
export function modelFacts(card: Record<string, unknown>, under = ''): Fact[] {
  const entries = Object.entries(card).sort(([one], [other]) => Number(other === 'limits') - Number(one === 'limits'))
  return entries.flatMap(([key, value]) => {
    const name = under ? `${under}: ${words(key)}` : words(key)
    if (!isSaid(value)) return []
    if (!under && isObject(value) && Object.values(value).some(isObject)) return modelFacts(value, name)
    const lines = values(value)
    return lines.length ? [{ name, values: lines }] : []
  })
}
