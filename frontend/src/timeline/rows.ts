/** Readings and gaps → the table's rows, newest first. */

import type { AudioGap, ToneEvent } from '../events'

export type Row = { kind: 'tone', tone: ToneEvent } | { kind: 'gap', gap: AudioGap }

const timeOf = (row: Row): number => (row.kind === 'tone' ? row.tone.timestamp : row.gap.from)

/**
 * A page of them.
 *
 * @param readings oldest first, as are `gaps`
 * @param page from 1, the newest
 */
export function rowsOf(readings: readonly ToneEvent[], gaps: readonly AudioGap[], page: number, length: number): Row[] {
  // Only what can be on the page or before it is sorted: gaps are few, readings many.
  const until = page * length
  const rows: Row[] = [
    // Of the same time, sound that was read came before sound that did not come.
    ...gaps.slice(-until).map(gap => ({ kind: 'gap' as const, gap })),
    ...readings.slice(-until).map(tone => ({ kind: 'tone' as const, tone })),
  ]
  return rows.sort((one, other) => timeOf(other) - timeOf(one)).slice(until - length, until)
}
