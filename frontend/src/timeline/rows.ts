/** Readings and gaps → the table's rows, newest first. */

import type { AudioGap, ToneEvent } from '../contract/events'

type Timed = Pick<ToneEvent, 'timestamp'>

export type Row<Reading extends Timed = ToneEvent> = { kind: 'tone'; tone: Reading } | { kind: 'gap'; gap: AudioGap }

const timeOf = (row: Row<Timed>): number => (row.kind === 'tone' ? row.tone.timestamp : row.gap.from)

/**
 * A page of them.
 *
 * @param readings oldest first, as are `gaps`
 * @param page from 1, the newest
 */
export function rowsOf<Reading extends Timed>(
  readings: readonly Reading[],
  gaps: readonly AudioGap[],
  page: number,
  length: number,
): Row<Reading>[] {
  // Only what can be on the page or before it is sorted: gaps are few, readings many.
  const until = page * length
  const rows: Row<Reading>[] = [
    // Of the same time, sound that was read came before sound that did not come.
    ...gaps.slice(-until).map(gap => ({ kind: 'gap' as const, gap })),
    ...readings.slice(-until).map(tone => ({ kind: 'tone' as const, tone })),
  ]
  return rows.sort((one, other) => timeOf(other) - timeOf(one)).slice(until - length, until)
}
