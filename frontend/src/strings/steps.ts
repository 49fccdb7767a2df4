/** Where one word stands for a range, the same in each language. Finer steps would claim more than is known. */

import rules from '../../../shared/words/rules.json'

/** Of a rounded percent, as the page shows it and as the worker words its sentence, so that 85 % is never called two things. */
export const percentOf = (confidence: number): number => Math.round(100 * confidence)

export const SURENESSES = ['sure', 'likely', 'open'] as const
export type Sureness = (typeof SURENESSES)[number]

/** "Sounds …", "probably sounds …" and "might sound …": from the worker's own steps. */
export function surenessOf(confidence: number): Sureness {
  const percent = percentOf(confidence)
  const least = rules.sureness
  return percent >= least.sure ? 'sure' : percent >= least.likely ? 'likely' : 'open'
}

/** From this magnitude on, a tone is another than this voice's recent one rather than much the same. */
const DIFFERENT = 0.3

export const isDifferent = (magnitude: number): boolean => magnitude >= DIFFERENT
