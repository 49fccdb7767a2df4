/** What the whole session’s readings and their corrections say, in German. */

import type { whole as english } from '../en/whole'
import { seconds } from '../figures'

const table: (typeof english)['table'] = {
  title: 'Tabelle',
  columns: ['Wann', 'Stimme', 'Tonfall', 'Wie sicher', 'Auffällig'],
  corrected: 'Korrigiert zu',
  gap: length => `${seconds(length)} lang kein Ton`,
  pages: 'Seiten der Tabelle',
  newer: 'Neuere',
  older: 'Ältere',
  page: (page, pages) => `Seite ${page} von ${pages}`,
}

const detail: (typeof english)['detail'] = {
  title: 'Ausgewählter Moment',
  none: 'Wählen Sie einen Moment aus, um alle Einzelheiten zu sehen.',
  sure: 'Wie sicher:',
  others: 'Möglich wäre auch:',
  shift: 'Im Vergleich zu vorher:',
  projected: 'Aus dem Tonfall berechnet:',
  figure: { arousal: 'Lebhaftigkeit', valence: 'wie angenehm', loudness: 'Lautstärke', pitch: 'Tonhöhe' },
  corrected: affect => `Korrigiert zu: ${affect}`,
}

const correction: (typeof english)['correction'] = {
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
}

export const whole: typeof english = { table, detail, correction }
