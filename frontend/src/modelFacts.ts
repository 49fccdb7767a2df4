/** The server's model card as lines for a person, whatever fields it has. */

export interface Fact {
  name: string
  value: string
}

const words = (name: string): string => name.replaceAll('_', ' ')

function plain(value: unknown): string {
  if (typeof value === 'number') return String(Math.round(value * 1000) / 1000)
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}

export function flatten(card: Record<string, unknown>, under = ''): Fact[] {
  return Object.entries(card).flatMap(([key, value]) => {
    const name = under ? `${under} · ${words(key)}` : words(key)
    if (value === null || value === undefined || value === '') return []
    if (Array.isArray(value)) {
      const items = value.map(item => (typeof item === 'object' && item ? flatten(item).map(fact => `${fact.name} ${fact.value}`).join(', ') : plain(item)))
      return items.length ? [{ name, value: items.join('; ') }] : []
    }
    if (typeof value === 'object') return flatten(value as Record<string, unknown>, name)
    return [{ name, value: plain(value) }]
  })
}
