import { t } from './strings'

/** "speaker_a" → "Speaker A"; nothing when there is none. */
export function speakerName(speakerId: string): string {
  const letter = speakerId.replace(/^speaker_/, '')
  return letter ? t.now.speaker(letter.toUpperCase()) : ''
}
