/** What is said in sessions in which no tone is inferred, in German. */

import type { FactsEvent } from '../../events'
import words from '../../../../shared/words/de.json'
import type { Strings } from '../en'
import { factsIn } from '../wording'

/** The server writes English; its flags say the same. */
const text = ({ prosodyFlags: flags, text: english }: FactsEvent): string =>
  flags.length || english !== null ? factsIn(words, flags) : 'Diese Stimme wird erst kennengelernt'

export const facts: Strings['facts'] = {
  choice: 'Nur Gemessenes',
  choiceHint: 'Lauter, schneller, Stimme erhoben, Pausen … Kein Ton wird vermutet.',
  text,
  since: clock => `seit ${clock}`,
  measured: 'Gemessen an der letzten Minute dieser Stimme. Kein Ton wird vermutet.',
  log: 'Änderungen der Stimme',
  waitingHint: 'Nach etwa drei Sekunden Sprache kommt die erste Messung.',
  columns: ['Wann', 'Stimme', 'Gemessen', 'Lautstärke', 'Tonhöhe'],
  server: 'Dieser Server leitet keinen Ton ab. Er sagt, was an einer Stimme im Vergleich mit ihr selbst kurz zuvor gemessen wird, und sonst nichts.',
}
