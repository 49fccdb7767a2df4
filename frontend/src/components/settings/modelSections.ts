/** The server's model card in sentences for people. What the card does not say is not claimed. */

import { isAffect } from '../../contract/affects'
import { t } from '../../strings'
import { about } from '../../strings/about'

export interface Section {
  title: string
  sentences: string[]
}

type Fields = Record<string, unknown>

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).map(textOf).filter(text => text !== '')
/** A share 0…1 as so many of 100; null when there is none. */
const ofHundred = (value: unknown): number | null =>
  typeof value === 'number' && value >= 0 && value <= 1 ? Math.round(value * 100) : null

/** The mean of one figure over corpora or everyday sets; null when none has it. */
function meanOf(rows: unknown, name: string): number | null {
  const found = Object.values(fieldsOf(rows))
    .map(row => fieldsOf(row)[name])
    .filter(value => typeof value === 'number')
  return found.length ? found.reduce((sum, value) => sum + value, 0) / found.length : null
}

/** The sentence, when every number for it is there. */
const sentence = <N extends (number | null)[]>(
  say: (...numbers: { [K in keyof N]: number }) => string,
  ...numbers: N
): string[] => (numbers.includes(null) ? [] : [say(...(numbers as { [K in keyof N]: number }))])

function learned(card: Fields): string[] {
  const data = textOf(card.data)
  const affects = (Array.isArray(card.affects) ? card.affects : []).filter(isAffect).map(affect => t.affects[affect])
  return [
    ...(data ? [about.learned(data)] : []),
    ...(data.includes('EmoDB') ? [about.sample] : []),
    ...(affects.length ? [about.says(affects)] : []),
  ]
}

function right(card: Fields): string[] {
  const { everyday, stream, acted } = fieldsOf(card.figures)
  const { mixed, one } = fieldsOf(acted)
  const shares = (rows: unknown, ...names: string[]): (number | null)[] => names.map(name => ofHundred(meanOf(rows, name)))
  const claims = meanOf(everyday, 'claims_per_minute')
  const [even = null] = shares(everyday, 'even_share')
  const [given = null, rightOf = null, found = null] = shares(mixed, 'said', 'right', 'marked_recognised')
  const [givenOne = null, rightOne = null] = shares(one, 'said', 'right')
  const ordinary = sentence(about.everyday, claims === null ? null : Math.round(60 * claims), even)
  return [
    ...ordinary,
    ...sentence(about.stream, ofHundred(fieldsOf(stream).right), ofHundred(fieldsOf(stream).claims_right)),
    ...sentence(about.mixed, given, rightOf, found),
    ...sentence(about.oneTone, givenOne, rightOne),
    ...(ordinary.length ? [about.stranger, about.unmeasured] : []),
  ]
}

/** As Creative Commons writes its licences; SPDX puts hyphens everywhere. */
const licenceName = (licence: string): string => licence.replace(/CC-(BY(?:-[A-Z]+)*)-(\d\.\d)/, 'CC $1 $2')
const isNonCommercial = (licence: string): boolean => /\bNC\b|non-?commercial/i.test(licence)

function which(card: Fields): string[] {
  const [name, licence] = [textOf(card.name), textOf(card.licence)]
  return [
    ...(name ? [about.which(name)] : []),
    ...(licence ? [about.licence(licenceName(licence))] : []),
    ...(isNonCommercial(licence) ? [about.nonCommercial] : []),
  ]
}

/** What the model's makers wrote, in their words: exact, and for those who know the trade. */
function makersWords(card: Fields): string[] {
  const name = [card.name, card.licence, card.encoder, card.device]
    .map(textOf)
    .filter(text => text !== '')
    .join(' · ')
  return [...(name ? [name] : []), ...textsOf(card.limits), ...textsOf(card.calibration)]
}

/** For lay people, most useful first; the last is the makers' own words. Sections without a sentence are left out. */
export function modelSections(card: Fields): { plain: Section[]; makers: string[] } {
  if (card.mock === true) return { plain: [{ title: t.aboutTitle, sentences: [t.mock] }], makers: [] }
  if (card.facts === true) return { plain: [{ title: t.aboutTitle, sentences: [t.facts.server] }], makers: makersWords(card) }
  const plain = [
    { title: about.rightTitle, sentences: right(card) },
    { title: about.learnedTitle, sentences: learned(card) },
    { title: about.whichTitle, sentences: which(card) },
  ]
  return { plain: plain.filter(section => section.sentences.length > 0), makers: makersWords(card) }
}
