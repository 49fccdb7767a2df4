/** A tone in German words. What comes without its wording, from an earlier or a newer release, stays English. */

import type { Affect } from '../../contract/affects'
import type { ToneEvent } from '../../contract/events'
import words from '../../../../shared/words/de.json'
import { labelIn, subtextIn, wordedIn } from '../wording'

/** A tone whose affect the page does not know counts as neutral, so only for the others is the German word added. */
export function germanLabel(tone: ToneEvent, affects: Record<Affect, string>): string {
  const worded = wordedIn(words, tone)
  if (worded) return labelIn(words, worded)
  return tone.affect === 'neutral' ? tone.label : `${tone.label} (${affects[tone.affect]})`
}

export function germanSubtext(tone: ToneEvent): string | null {
  const worded = tone.subtext === null ? null : wordedIn(words, tone)
  return worded ? subtextIn(words, worded) : tone.subtext
}
