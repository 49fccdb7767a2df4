/** What the whole session's timeline and table say, in German. */

import type { Strings } from '../en'
import { minus, seconds } from '../figures'

const signed = (value: number): string => minus(value.toFixed(2).replace('.', ','))

export const timeline: Strings['timeline'] = {
  title: 'Zeitachse',
  whole: 'Die ganze Sitzung',
  empty: 'Noch keine Einschätzungen.',
  closer: 'Vergrößern',
  farther: 'Verkleinern',
  earlier: 'Früher',
  later: 'Später',
  keys: 'Die Pfeiltasten führen von Einschätzung zu Einschätzung, Pos1 und Ende zur ersten und letzten. + und − vergrößern und verkleinern, Umschalt mit einer Pfeiltaste verschiebt den Ausschnitt, 0 zeigt alles. Sie können auch klicken oder einen Bereich aufziehen, um ihn zu vergrößern.',
  key: 'Tonfälle auf dieser Zeitachse',
  bars: 'Wo kein Platz für ein Bild ist, steht ein Balken: Je höher er ist, desto weiter vorn steht sein Tonfall in dieser Liste.',
  noVoice: 'Nicht zugeordnete Stimme',
  gap: length => `Lücke, ${seconds(length)}`,
  silent: 'kein Ton',
  noMoment: 'Kein Moment ausgewählt',
  moment: (who, label, at) => [who, label, `bei ${at}`].filter(Boolean).join(', '),
  curves: 'Kurven',
  curve: { arousal: 'Lebhaftigkeit', valence: 'Wie angenehm', loudness: 'Lautstärke', pitch: 'Tonhöhe' },
  noCurve: 'Für diesen Ausschnitt gibt es hierzu keine Werte.',
  reach: (low, high) => `Hier von ${low} bis ${high}; alle Werte stehen in der Tabelle.`,
  value: (curve, value) =>
    ({
      arousal: signed(value),
      valence: signed(value),
      loudness: `${minus(Math.round(value))} dB`,
      pitch: `${Math.round(value)} Hz`,
    })[curve],
  curveHint: {
    arousal: 'von ruhig (−1) bis sehr lebhaft (1), aus dem Tonfall berechnet',
    valence: 'von unangenehm (−1) bis angenehm (1), aus dem Tonfall berechnet',
    loudness: 'gemessen, in Dezibel unter Vollaussteuerung',
    pitch: 'gemessen, in Hertz',
  },
}
