/** What the whole session's timeline and table say, in German. */

import type { Strings } from '../en'
import { minus, seconds } from '../figures'

const signed = (value: number): string => minus(value.toFixed(2).replace('.', ','))

export const timeline: Strings['timeline'] = {
  title: 'Zeitachse',
  whole: 'Die ganze Sitzung',
  empty: 'Noch wurde nichts gelesen.',
  closer: 'Vergrößern',
  farther: 'Verkleinern',
  earlier: 'Früher',
  later: 'Später',
  keys: 'Die Pfeiltasten gehen von Angabe zu Angabe, Pos1 und Ende zur ersten und letzten. + und − machen den Ausschnitt kleiner und größer, Umschalt mit einer Pfeiltaste verschiebt ihn, 0 zeigt alles. Oder klicken Sie, oder ziehen Sie über einen Teil, um ihn größer zu sehen.',
  key: 'Töne in dieser Zeitachse',
  bars: 'Wo kein Platz für ein Bild ist, steht ein Balken: je höher er steht, desto weiter vorn kommt sein Ton in dieser Liste.',
  noVoice: 'Eine nicht unterschiedene Stimme',
  gap: length => `Lücke, ${seconds(length)}`,
  silent: 'kein Ton',
  noMoment: 'Kein Moment gewählt',
  moment: (who, label, at) => [who, label, `bei ${at}`].filter(Boolean).join(', '),
  curves: 'Kurven',
  curve: { arousal: 'Lebhaftigkeit', valence: 'Wie angenehm', loudness: 'Lautstärke', pitch: 'Tonhöhe' },
  noCurve: 'In diesem Ausschnitt hat keine Angabe diesen Wert.',
  reach: (low, high) => `Hier von ${low} bis ${high}; jeder Wert steht in der Tabelle.`,
  value: (curve, value) => ({
    arousal: signed(value), valence: signed(value), loudness: `${minus(Math.round(value))} dB`, pitch: `${Math.round(value)} Hz`,
  })[curve],
  curveHint: {
    arousal: 'von ruhig (−1) bis sehr lebhaft (1), aus den Tönen berechnet',
    valence: 'von unangenehm (−1) bis angenehm (1), aus den Tönen berechnet',
    loudness: 'gemessen, in Dezibel unter Vollaussteuerung',
    pitch: 'gemessen, in Hertz',
  },
}

export const table: Strings['table'] = {
  title: 'Tabelle',
  columns: ['Wann', 'Stimme', 'Ton', 'Wie sicher', 'Auffällig'],
  corrected: 'Berichtigt zu',
  gap: length => `${seconds(length)} lang kein Ton`,
  pages: 'Seiten der Tabelle',
  newer: 'Neuere',
  older: 'Ältere',
  page: (page, pages) => `Seite ${page} von ${pages}`,
}

export const detail: Strings['detail'] = {
  title: 'Der gewählte Moment',
  none: 'Wählen Sie einen Moment, um ihn ganz zu lesen.',
  sure: 'Wie sicher:',
  others: 'Es könnte auch gewesen sein:',
  shift: 'Verglichen mit vorher:',
  projected: 'Aus den Tönen berechnet:',
  figure: { arousal: 'Lebhaftigkeit', valence: 'wie angenehm', loudness: 'Lautstärke', pitch: 'Tonhöhe' },
  corrected: affect => `Berichtigt zu: ${affect}`,
}

export const correction: Strings['correction'] = {
  title: 'Das stimmt nicht',
  instead: 'Was es stattdessen war',
  choose: 'Auswählen …',
  note: 'Eine Anmerkung, wenn Sie mögen',
  keep: 'Auch in späteren Sitzungen verwenden',
  keepHint: 'Dieser Server hebt auf, wie die Stimme bewertet wurde und was Sie gewählt haben, normalerweise 90 Tage lang. Keinen Ton, keine Worte, keinen Stimmabdruck. Es zählt dann für jede Stimme, denn Linnet erkennt niemanden wieder.',
  send: 'Speichern',
  takeBack: 'Zurücknehmen',
  erase: 'Für spätere Sitzungen Aufgehobenes löschen',
  erased: 'Für spätere Sitzungen ist nichts mehr aufgehoben.',
  outcome: {
    stored: 'Neben der Angabe gespeichert.',
    accepted: 'Gespeichert. Klingt diese Stimme in dieser Sitzung wieder so, neigen ihre Angaben zu dem, was Sie gewählt haben.',
    refused: 'Nur als Anmerkung gespeichert: Würde es zählen, würden andere Menschen zu oft falsch eingeschätzt.',
    not_said: 'Nur als Anmerkung gespeichert: Dieses Modell nennt nie, was Sie gewählt haben.',
    taken_back: 'Zurückgenommen. Es zählt nicht mehr.',
    not_counted: 'Zurückgenommen. Es hatte nicht gezählt.',
    ended: 'Als Anmerkung gespeichert. Diese Sitzung ist vorbei, darum ändert sich in ihr nichts.',
    waiting: 'Gespeichert. Es zählt, sobald der Ton davor ausgewertet ist.',
  },
  begun: counted => counted
    ? 'Berichtigungen aus Ihren früheren Sitzungen zählen hier, für jede Stimme.'
    : 'Berichtigungen aus Ihren früheren Sitzungen zählen hier nicht: Mit ihnen würde anderes Sprechen zu oft falsch eingeschätzt.',
}
