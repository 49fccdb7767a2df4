/** What the captions say, in German. */

import type { Affect } from '../../contract/affects'
import type { Polarity } from '../../contract/transcripts'
import type { caption as english } from '../en/caption'

const words: Record<Polarity, string> = { negative: 'Negative Worte', neutral: 'Sachliche Worte', positive: 'Freundliche Worte' }

/** As they go before "Stimme". */
const voices: Record<Affect, string> = {
  neutral: 'neutrale',
  calm: 'ruhige',
  warm: 'freundliche',
  sad: 'traurig klingende',
  anxious: 'unruhige',
  frustrated: 'angespannte',
  surprised: 'überrascht klingende',
  dismissive: 'abweisend klingende',
  urgent: 'dringlich klingende',
  confused: 'ratlos klingende',
  apologetic: 'entschuldigend klingende',
  genuine: 'aufrichtig klingende',
}

export const caption: typeof english = {
  title: 'Untertitel',
  waiting: 'Sobald jemand spricht, steht hier, was gesagt wird.',
  log: 'Zeilen der Untertitel',
  earlier: 'Frühere Zeilen anzeigen',
  latest: 'Zum Ende',
  print: 'Drucken',
  unknownVoice: 'Unbekannte Stimme',
  tone: label => `Tonfall: ${label}`,
  unsure: 'unsicher:',
  mark: flag => `(${flag})`,
  mismatch: found => `${words[found.words]}, ${voices[found.voice]} Stimme.`,
  doubtfulKey: 'Gepunktet unterstrichene Wörter können falsch sein.',
  toneKey: 'Was in Klammern steht, wurde an der Stimme gemessen. Der Tonfall ist aus der Stimme geschätzt und kann falsch sein.',
  correct: 'Korrigieren',
  correctLine: at => `Die Zeile bei ${at} korrigieren`,
  corrected: 'Was gesagt wurde',
  save: 'Speichern',
  cancel: 'Abbrechen',
  undo: 'Rückgängig',
  saved: 'Gespeichert.',
  undone: 'Rückgängig gemacht.',
  heardAs: text => `Korrigiert. Erkannt wurde: ${text}`,
  layout: 'Untertitel',
  layouts: { 'words-first': 'Worte zuerst', 'tone-first': 'Tonfall zuerst', 'words-only': 'Nur Worte' },
  size: 'Größe der Untertitel',
  printed: date =>
    `Niederschrift, gedruckt am ${date}. Die Worte hat ein Programm erkannt, den Tonfall geschätzt; beides kann falsch sein.`,
}
