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

export const table: Strings['table'] = {
  title: 'Tabelle',
  columns: ['Wann', 'Stimme', 'Tonfall', 'Wie sicher', 'Auffällig'],
  corrected: 'Korrigiert zu',
  gap: length => `${seconds(length)} lang kein Ton`,
  pages: 'Seiten der Tabelle',
  newer: 'Neuere',
  older: 'Ältere',
  page: (page, pages) => `Seite ${page} von ${pages}`,
}

export const detail: Strings['detail'] = {
  title: 'Ausgewählter Moment',
  none: 'Wählen Sie einen Moment aus, um alle Einzelheiten zu sehen.',
  sure: 'Wie sicher:',
  others: 'Möglich wäre auch:',
  shift: 'Im Vergleich zu vorher:',
  projected: 'Aus dem Tonfall berechnet:',
  figure: { arousal: 'Lebhaftigkeit', valence: 'wie angenehm', loudness: 'Lautstärke', pitch: 'Tonhöhe' },
  corrected: affect => `Korrigiert zu: ${affect}`,
}

export const correction: Strings['correction'] = {
  title: 'Das stimmt nicht',
  instead: 'Was es tatsächlich war',
  choose: 'Auswählen …',
  note: 'Anmerkung (freiwillig)',
  keep: 'Auch in späteren Sitzungen verwenden',
  keepHint:
    'Dieser Server speichert die Werte, die für die Stimme berechnet wurden, und Ihre Auswahl, normalerweise 90 Tage lang. Ton, Worte und Stimmabdruck werden nicht gespeichert. Die Korrektur gilt dann für jede Stimme, denn Linnet erkennt keine Personen wieder.',
  send: 'Speichern',
  takeBack: 'Rückgängig',
  erase: 'Gespeicherte Korrekturen löschen',
  erased: 'Für spätere Sitzungen ist nichts mehr gespeichert.',
  outcome: {
    stored: 'Bei der Einschätzung gespeichert.',
    accepted:
      'Gespeichert. Wenn diese Stimme in dieser Sitzung wieder so klingt, entscheidet sich Linnet eher für den Tonfall, den Sie ausgewählt haben.',
    refused: 'Nur als Anmerkung gespeichert: Mit dieser Korrektur würden andere Menschen zu oft falsch eingeschätzt.',
    not_said: 'Nur als Anmerkung gespeichert: Diesen Tonfall nennt dieses Modell nie.',
    taken_back: 'Rückgängig gemacht. Die Korrektur gilt nicht mehr.',
    not_counted: 'Rückgängig gemacht. Die Korrektur hatte keine Wirkung.',
    ended: 'Als Anmerkung gespeichert. Diese Sitzung ist beendet, daher ändert sich nichts mehr an ihr.',
    waiting: 'Gespeichert. Die Korrektur gilt, sobald der Ton davor ausgewertet ist.',
  },
  begun: counted =>
    counted
      ? 'Korrekturen aus Ihren früheren Sitzungen gelten hier für jede Stimme.'
      : 'Korrekturen aus Ihren früheren Sitzungen gelten hier nicht: Mit ihnen würden andere Stimmen zu oft falsch eingeschätzt.',
}
