/** What is said in sessions in which no tone is inferred, in German. */

import type { FactsEvent } from '../../contract/events'
import words from '../../../../shared/words/de.json'
import type { Strings } from '../en'
import { factsIn } from '../wording'

/** The server writes English; its flags say the same. */
const text = ({ prosodyFlags: flags, text: english }: FactsEvent): string =>
  flags.length || english !== null ? factsIn(words, flags) : 'Linnet lernt diese Stimme erst kennen'

export const facts: Strings['facts'] = {
  choice: 'Nur Messwerte',
  choiceHint: 'Lauter, schneller, Stimme erhoben, Pausen … Der Tonfall wird nicht geschätzt.',
  text,
  since: clock => `seit ${clock}`,
  measured: 'Im Vergleich dazu, wie diese Stimme in der letzten Minute klang. Der Tonfall wird nicht geschätzt.',
  log: 'Änderungen der Stimme',
  waitingHint: 'Die erste Messung erscheint, sobald etwa drei Sekunden lang gesprochen wurde.',
  columns: ['Wann', 'Stimme', 'Gemessen', 'Lautstärke', 'Tonhöhe'],
  server:
    'Dieser Server schätzt keinen Tonfall. Er zeigt nur, was an einer Stimme gemessen wird, im Vergleich dazu, wie dieselbe Stimme kurz zuvor klang.',
}
