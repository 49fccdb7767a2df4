/**
 * The worker's English tone words in German. Like those, they describe how a voice sounds, never what someone is or
 * feels, and avoid figures of speech.
 */

import type { Affect } from '../../affects'
import type { ToneEvent } from '../../events'
import { surenessOf } from '../steps'
import vocabulary from '../vocabulary.json'

interface Words {
  quiet: string
  plain: string
  strong: string
  adjective: string
  mixed: string
  trace: string
  sounds: string
  often: string
  deliveries: [string, string, string]
}

/** Field by field as in classifier_worker/speech/wording/english.py. */
const WORDS: Record<Affect, Words> = {
  neutral: {
    quiet: 'Eintönig gesprochen', plain: 'Gleichmäßig und neutral', strong: 'Zügig und neutral',
    adjective: 'gleichmäßig', mixed: '{}, aber gleichmäßig', trace: 'Gleichmut', sounds: 'neutral',
    often: 'wenn sie einfach etwas mitteilen', deliveries: ['gelassener Ruhe', 'schlichter Sachlichkeit', 'zügiger Sachlichkeit'],
  },
  calm: {
    quiet: 'Leise und ruhig', plain: 'Ruhig und gleichmäßig', strong: 'Ruhig, aber lebhaft',
    adjective: 'ruhig', mixed: '{}, aber ruhig', trace: 'Ruhe', sounds: 'ruhig',
    often: 'wenn sie nichts stört', deliveries: ['tiefer Ruhe', 'schlichter Ruhe', 'lebhafter Gelassenheit'],
  },
  warm: {
    quiet: 'Sanft und freundlich', plain: 'Warm und freundlich', strong: 'Lebhaft und fröhlich',
    adjective: 'freundlich', mixed: '{}, aber freundlich', trace: 'Freundlichkeit', sounds: 'warm und freundlich',
    often: 'wenn sie sich über etwas oder jemanden freuen', deliveries: ['sanfter Freundlichkeit', 'offener Freundlichkeit', 'lebhafter Fröhlichkeit'],
  },
  sad: {
    quiet: 'Leise und traurig', plain: 'Klingt traurig', strong: 'Traurig und angespannt',
    adjective: 'traurig', mixed: '{}, etwas traurig', trace: 'Traurigkeit', sounds: 'traurig',
    often: 'wenn sie etwas traurig oder müde macht', deliveries: ['stiller Traurigkeit', 'hörbarer Traurigkeit', 'offenem Kummer'],
  },
  anxious: {
    quiet: 'Leise und unruhig', plain: 'Unruhig und angespannt', strong: 'Klingt erschrocken',
    adjective: 'unruhig', mixed: '{}, etwas unruhig', trace: 'Unruhe', sounds: 'unruhig oder angespannt',
    often: 'wenn sie nicht wissen, wie etwas ausgeht', deliveries: ['leiser Unruhe', 'hörbarer Nervosität', 'deutlichem Schrecken'],
  },
  frustrated: {
    quiet: 'Leise und ungeduldig', plain: 'Klingt verärgert', strong: 'Sehr verärgert',
    adjective: 'ungeduldig', mixed: '{}, etwas ungeduldig', trace: 'Ungeduld', sounds: 'verärgert oder wütend',
    often: 'wenn etwas nicht so läuft, wie sie wollen', deliveries: ['zurückgehaltener Ungeduld', 'kaum zurückgehaltenem Ärger', 'offener Empörung'],
  },
  surprised: {
    quiet: 'Leicht überrascht', plain: 'Klingt überrascht', strong: 'Klingt sehr erstaunt',
    adjective: 'überrascht', mixed: '{}, etwas überrascht', trace: 'Überraschung', sounds: 'überrascht',
    often: 'wenn etwas anders ist als erwartet', deliveries: ['leichter Überraschung', 'deutlicher Überraschung', 'größtem Erstaunen'],
  },
  dismissive: {
    quiet: 'Klingt gelangweilt', plain: 'Abweisend im Ton', strong: 'Kurz und abweisend',
    adjective: 'abweisend', mixed: '{}, etwas abweisend', trace: 'Desinteresse', sounds: 'abweisend oder gelangweilt',
    often: 'wenn sie ein Thema nicht interessiert', deliveries: ['hörbarer Langeweile', 'deutlichem Desinteresse', 'knapper Missbilligung'],
  },
  urgent: {
    quiet: 'Leise drängend', plain: 'Dringlich im Ton', strong: 'Drängend und dringlich',
    adjective: 'dringlich', mixed: '{} und dringlich', trace: 'Dringlichkeit', sounds: 'dringlich',
    often: 'wenn etwas nicht warten kann', deliveries: ['leisem Drängen', 'deutlicher Dringlichkeit', 'großer Dringlichkeit'],
  },
  confused: {
    quiet: 'Leicht verwundert', plain: 'Klingt verwundert', strong: 'Klingt sehr verwundert',
    adjective: 'verwundert', mixed: '{}, etwas verwundert', trace: 'Verwunderung', sounds: 'verwundert',
    often: 'wenn ihnen etwas nicht klar ist', deliveries: ['leichter Verwunderung', 'hörbarer Verwunderung', 'völliger Verwunderung'],
  },
  apologetic: {
    quiet: 'Leise entschuldigend', plain: 'Entschuldigend im Ton', strong: 'Sehr entschuldigend',
    adjective: 'entschuldigend', mixed: '{} und entschuldigend', trace: 'Bedauern', sounds: 'entschuldigend',
    often: 'wenn ihnen etwas leidtut', deliveries: ['leisem Bedauern', 'hörbarem Bedauern', 'vielfachem Bedauern'],
  },
  genuine: {
    quiet: 'Leise und aufrichtig', plain: 'Klingt aufrichtig', strong: 'Klingt sehr aufrichtig',
    adjective: 'aufrichtig', mixed: '{} und aufrichtig', trace: 'Aufrichtigkeit', sounds: 'aufrichtig',
    often: 'wenn sie meinen, was sie sagen', deliveries: ['stiller Aufrichtigkeit', 'schlichter Aufrichtigkeit', 'großer Aufrichtigkeit'],
  },
}

/** Labels that the worker does not build from parts. */
const SINGLE: Record<string, string> = {
  'Neutral-sounding': 'Klingt neutral',
  'Calm-sounding': 'Klingt ruhig',
  'Warm and calm': 'Freundlich und ruhig',
  'Tense and impatient': 'Angespannt und ungeduldig',
  'Startled-sounding': 'Klingt erschrocken',
  'Warmly impatient': 'Freundlich ungeduldig',
  'Tense and frustrated': 'Angespannt und verärgert',
  'Flatly dismissive': 'Eintönig und abweisend',
  'Calmly dismissive': 'Ruhig und abweisend',
  'Warmly apologetic': 'Freundlich entschuldigend',
  'Apologetic and calm': 'Entschuldigend und ruhig',
  'Sincerely apologetic': 'Aufrichtig entschuldigend',
  'Sincere and warm': 'Aufrichtig und freundlich',
  'Sincere and calm': 'Aufrichtig und ruhig',
}

interface Leaning {
  label: string
  sounds: string
  often: string
  delivery: string
}

/** Unpleasant and pleasant, as in the worker's english.py. */
const LEANINGS: Record<keyof typeof vocabulary.byValence, [Leaning, Leaning]> = {
  surprised: [
    {
      label: 'Unangenehm überrascht', sounds: 'unangenehm überrascht',
      often: 'wenn etwas schlechter ist als erwartet', delivery: 'unangenehmer Überraschung',
    },
    {
      label: 'Angenehm überrascht', sounds: 'angenehm überrascht',
      often: 'wenn etwas besser ist als erwartet', delivery: 'angenehmer Überraschung',
    },
  ],
}

/** English and German words of each. */
const BOTH_LEANINGS = Object.entries(LEANINGS).flatMap(([affect, german]) =>
  vocabulary.byValence[affect as keyof typeof LEANINGS].flatMap((english, at) => {
    const its = german[at]
    return its ? [{ affect, english, german: its }] : []
  }))

const AFFECTS = Object.keys(WORDS) as Affect[]
const english: Record<Affect, Omit<Words, 'deliveries'> & { deliveries: string[] }> = vocabulary.words

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const mix = (words: Pick<Words, 'adjective'>, weaker: Pick<Words, 'mixed'>): string =>
  capital(weaker.mixed.replace('{}', words.adjective))

/** The worker's wording for a voice that was measured to be uneven. */
const notEven = (label: string): string => label.replace(/^Even/, 'Neutral')

function everyLabel(): Map<string, string> {
  const found = new Map<string, string>()
  for (const one of AFFECTS) {
    for (const other of AFFECTS) found.set(mix(english[one], english[other]), mix(WORDS[one], WORDS[other]))
  }
  for (const affect of AFFECTS) {
    for (const level of ['quiet', 'plain', 'strong'] as const) found.set(english[affect][level], WORDS[affect][level])
  }
  for (const [label, translated] of Object.entries(SINGLE)) found.set(label, translated)
  for (const { english, german } of BOTH_LEANINGS) found.set(english.label, german.label)
  for (const [label, translated] of [...found]) {
    if (label.startsWith('Even')) found.set(notEven(label), translated.replace('Gleichmäßig', 'Neutral'))
  }
  return found
}

const LABELS = everyLabel()
const DELIVERIES = new Map([
  ...AFFECTS.flatMap(affect =>
    english[affect].deliveries.map((delivery, at) => [delivery, WORDS[affect].deliveries[at] ?? delivery] as const)),
  ...BOTH_LEANINGS.map(({ english, german }) => [english.delivery, german.delivery] as const),
])
const TRACES = new Map(AFFECTS.map(affect => [english[affect].trace, WORDS[affect].trace]))

/** An unknown label, from a newer worker, stays English. */
export const germanLabel = (label: string): string => LABELS.get(label) ?? label

const SECOND_FROM = 0.2
const MOST_HEARD = 2
const NEVER_LEFT_OUT = 'laughing'

const COMPARED: Record<string, string> = { louder: 'lauter', quieter: 'leiser', faster: 'schneller', slower: 'langsamer' }
const HEARD: Record<string, string> = {
  rising_pitch: 'am Ende steigend',
  falling_pitch: 'am Ende fallend',
  flat_pitch: 'fast ohne Melodie',
  wide_pitch: 'mit lebhafter Melodie',
  long_pause: 'nach einer langen Pause',
  shaky: 'etwas zittrig',
  breathy: 'mit hörbarem Atem',
  whispered: 'geflüstert',
  laughing: 'mit Lachen',
}

/** The worker names no second tone beside an even one. */
function second(tone: ToneEvent): Affect | null {
  if (tone.affect === 'neutral' || tone.affect === 'calm') return null
  const others = AFFECTS.filter(affect => affect !== tone.affect && (tone.scores[affect] ?? 0) >= SECOND_FROM)
  return others.sort((one, other) => (tone.scores[other] ?? 0) - (tone.scores[one] ?? 0))[0] ?? null
}

/** The words that match its label: the affect's own, or, without a second affect, those of the side it leans to. */
function wordsOf(tone: ToneEvent): Pick<Words, 'sounds' | 'often'> {
  const leaning = BOTH_LEANINGS.find(one => one.affect === tone.affect && [one.english.label, notEven(one.english.label)].includes(tone.label))
  return leaning && !second(tone) ? leaning.german : WORDS[tone.affect]
}

function measured(flags: readonly string[]): string {
  const known = flags.filter(flag => flag in COMPARED || flag in HEARD)
  const named = known.sort((one, other) => Number(other === NEVER_LEFT_OUT) - Number(one === NEVER_LEFT_OUT)).slice(0, MOST_HEARD)
  const compared = named.filter(flag => flag in COMPARED).map(flag => COMPARED[flag]).join(' und ')
  const heard = [...(compared ? [`${compared} als sonst`] : []), ...named.flatMap(flag => HEARD[flag] ?? [])]
  return heard.length ? ` (${heard.join(', ')})` : ''
}

function opening(tone: ToneEvent): string {
  const { sounds } = wordsOf(tone)
  const sureness = surenessOf(tone.confidence)
  if (sureness === 'sure') return `Klingt ${sounds}`
  const start = sureness === 'likely' ? `Klingt wahrscheinlich ${sounds}` : `Klingt vielleicht ${sounds}`
  const other = second(tone)
  return other ? `${start}, oder aber ${WORDS[other].sounds}` : start
}

/** "[With quiet sadness and a trace of calm]" → "[Mit stiller Traurigkeit und einer Spur Ruhe]"; "" without one. */
function delivery(subtext: string): string {
  const found = /^\[(Possibly with|With) (.+?)(?: and a trace of (.+?))?\] /.exec(subtext)
  const manner = DELIVERIES.get(found?.[2] ?? '')
  if (!found || !manner) return ''
  const trace = TRACES.get(found[3] ?? '')
  return `[${found[1] === 'With' ? 'Mit' : 'Vielleicht mit'} ${manner}${trace ? ` und einer Spur ${trace}` : ''}] `
}

/** Build the sentence from the event's own figures. */
export function germanSubtext(tone: ToneEvent): string | null {
  if (tone.subtext === null) return null
  return `${delivery(tone.subtext)}${opening(tone)}${measured(tone.prosodyFlags)}; Menschen klingen oft so, ${wordsOf(tone).often}.`
}
