/** Values as they come over the wire, and what they count for when they are not what they should be. */

export type Fields = Record<string, unknown>

export const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})

export const measure = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)
export const number = (value: unknown, otherwise: number): number => measure(value) ?? otherwise
export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
export const unit = (value: unknown): number => Math.min(1, Math.max(0, number(value, 0)))
export const flagsFrom = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(flag => typeof flag === 'string') : []
