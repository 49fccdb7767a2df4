/** The scale of time beneath the lanes: which seconds are marked, and what they are called. */

import { clock } from '../../strings/clock'
import type { Span } from './span'

/** s between two marks, up to a day: sessions may run that long. */
export const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]

/** A letter is about this wide, of the font's size. */
const LETTER = 0.6

/** CSS px that a mark needs beside the next, in a font of so many. */
export const roomOf = (span: Span, font: number): number => font * (span.to < 3600 ? 3.8 : 5.2)

/**
 * "" for what would not fit whole. Full hours have few letters, because there are many where hours are.
 *
 * @param at s that are marked, `step` s apart
 * @param width CSS px of the chart; a mark's time stands to the right of it
 */
export function timesOf(at: readonly number[], { from, to }: Span, step: number, width: number, font: number): string[] {
  return at.map(second => {
    const text = second > 0 && step >= 3600 ? `${Math.round(second / 3600)} h` : clock(second)
    return ((second - from) / (to - from)) * width + text.length * font * LETTER > width + font / 2 ? '' : text
  })
}
