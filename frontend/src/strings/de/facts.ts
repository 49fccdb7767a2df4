/** What is said in sessions in which no tone is inferred, in German. */

import type { FactsEvent } from '../../events'
import type { Strings } from '../en'

const COMPARED: Record<string, string> = { louder: 'lauter', quieter: 'leiser', faster: 'schneller', slower: 'langsamer' }
const NAMED: Record<string, string> = {
  raised_voice: 'Stimme erhoben',
  lowered_voice: 'Stimme gesenkt',
  rising_pitch: 'am Ende steigend',
  falling_pitch: 'am Ende fallend',
  flat_pitch: 'fast ohne Melodie',
  wide_pitch: 'mit bewegter Melodie',
  long_pause: 'nach einer langen Pause',
  shaky: 'zittrig',
  breathy: 'mit hörbarem Atem',
  whispered: 'geflüstert',
  laughing: 'lachend',
}
/** The flag that each one makes redundant. */
const IMPLIES: Record<string, string> = { raised_voice: 'louder', lowered_voice: 'quieter' }

/** The server writes English; its flags say the same. */
function text({ prosodyFlags: flags, text: english }: FactsEvent): string {
  if (!flags.length) return english === null ? 'Linnet lernt diese Stimme erst kennen' : 'Wie bei dieser Stimme üblich'
  const implied = flags.map(flag => IMPLIES[flag])
  const compared = flags.filter(flag => flag in COMPARED && !implied.includes(flag)).map(flag => COMPARED[flag])
  const named = flags.filter(flag => !(flag in COMPARED)).map(flag => NAMED[flag] ?? flag.replaceAll('_', ' '))
  const all = [...(compared.length ? [`${compared.join(' und ')} als sonst`] : []), ...named].join(', ')
  return all.charAt(0).toUpperCase() + all.slice(1)
}

export const facts: Strings['facts'] = {
  choice: 'Nur Messwerte',
  choiceHint: 'Lauter, schneller, Stimme erhoben, Pausen … Der Tonfall wird nicht geschätzt.',
  text,
  since: clock => `seit ${clock}`,
  measured: 'Verglichen mit der letzten Minute dieser Stimme. Der Tonfall wird nicht geschätzt.',
  log: 'Änderungen der Stimme',
  waitingHint: 'Die erste Messung erscheint nach etwa drei Sekunden Sprache.',
  columns: ['Wann', 'Stimme', 'Gemessen', 'Lautstärke', 'Tonhöhe'],
  server: 'Dieser Server schätzt keinen Tonfall. Er zeigt nur, was an einer Stimme gemessen wird, verglichen mit derselben Stimme kurz zuvor.',
}
