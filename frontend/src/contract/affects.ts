/** The twelve affects and their icons. Their colours: look/palette.ts; their words: strings/. */

import type { Schemas } from './schemas'

export type Affect = Schemas['ToneEvent']['affect']

export const AFFECTS = [
  'neutral',
  'calm',
  'warm',
  'sad',
  'anxious',
  'frustrated',
  'surprised',
  'dismissive',
  'urgent',
  'confused',
  'apologetic',
  'genuine',
] as const satisfies readonly Affect[]

/** UnoCSS icon classes. */
export const ICONS: Record<Affect, string> = {
  neutral: 'i-lucide-minus',
  calm: 'i-lucide-waves',
  warm: 'i-lucide-sun',
  sad: 'i-lucide-cloud-rain',
  anxious: 'i-lucide-wind',
  frustrated: 'i-lucide-flame',
  surprised: 'i-lucide-sparkles',
  dismissive: 'i-lucide-hand',
  urgent: 'i-lucide-timer',
  confused: 'i-lucide-circle-question-mark',
  apologetic: 'i-lucide-heart-handshake',
  genuine: 'i-lucide-heart',
}

export function isAffect(value: unknown): value is Affect {
  return typeof value === 'string' && (AFFECTS as readonly string[]).includes(value)
}
