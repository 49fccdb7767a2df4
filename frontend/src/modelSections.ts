/** The server's model card in sentences for people. What the card does not say is not claimed. */

import { isAffect } from './affects'
import { t } from './strings'

export interface Section {
  title: string
  sentences: string[]
}

type Fields = Record<string, unknown>

/** Languages of the corpora that models are measured with, each by a model that did not learn from it. */
const languageOf = (corpus: string): string | undefined => (t.about.languages as Record<string, string>)[corpus]

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).map(textOf).filter(text => text !== '')
/** A share 0…1 as so many of 100; null when there is none. */
const ofHundred = (value: unknown): number | null =>
  typeof value === 'number' && value >= 0 && value <= 1 ? Math.round(value * 100) : null

/** How often it spoke at all, and how often it was right then. */
function score(figures: unknown, say: (given: number, right: number) => string): string[] {
  const { coverage_at_floor, accuracy_over_floor } = fieldsOf(figures)
  const [given, right] = [ofHundred(coverage_at_floor), ofHundred(accuracy_over_floor)]
  return given === null || right === null ? [] : [say(given, right)]
}

/** The tone that it found least often. */
function weakest(figures: unknown): string[] {
  const found = Object.entries(fieldsOf(fieldsOf(figures).recall))
    .flatMap(([affect, share]) => (isAffect(affect) && typeof share === 'number' ? [{ affect, share }] : []))
    .sort((one, other) => one.share - other.share)
  const [least] = found
  const share = ofHundred(least?.share)
  return least && found.length > 1 && share !== null ? [t.about.weakest(t.affects[least.affect], share)] : []
}

function learned(card: Fields): string[] {
  const data = textOf(card.data)
  const affects = (Array.isArray(card.affects) ? card.affects : []).filter(isAffect).map(affect => t.affects[affect])
  return [
    ...(data ? [t.about.learned(data)] : []),
    ...(data.includes('EmoDB') ? [t.about.sample] : []),
    ...(affects.length ? [t.about.says(affects)] : []),
  ]
}

function right(card: Fields): string[] {
  const figures = fieldsOf(card.figures)
  const corpora = Object.entries(fieldsOf(figures.unseen_all_affects))
  return [
    ...score(figures.unseen_all_affects_together, t.about.unseen),
    ...corpora.flatMap(([name, its]) => score(its, (given, is) => t.about.inLanguage(languageOf(name) ?? name, given, is))),
    ...weakest(figures.unseen_all_affects_together),
  ]
}

/** As Creative Commons writes its licences; SPDX puts hyphens everywhere. */
const licenceName = (licence: string): string => licence.replace(/CC-(BY(?:-[A-Z]+)*)-(\d\.\d)/, 'CC $1 $2')
const isNonCommercial = (licence: string): boolean => /\bNC\b|non-?commercial/i.test(licence)

function which(card: Fields): string[] {
  const [name, licence] = [textOf(card.name), textOf(card.licence)]
  return [
    ...(name ? [t.about.which(name)] : []),
    ...(licence ? [t.about.licence(licenceName(licence))] : []),
    ...(isNonCommercial(licence) ? [t.about.nonCommercial] : []),
  ]
}

/** What the model's makers wrote, in their words: exact, and for those who know the trade. */
function makersWords(card: Fields): string[] {
  const name = [card.name, card.licence, card.encoder, card.device].map(textOf).filter(text => text !== '').join(' · ')
  return [...(name ? [name] : []), ...textsOf(card.limits), ...textsOf(card.calibration)]
}

/** For lay people, most useful first; the last is the makers' own words. Sections without a sentence are left out. */
export function modelSections(card: Fields): { plain: Section[], makers: string[] } {
  if (card.mock === true) return { plain: [{ title: t.about.title, sentences: [t.mock] }], makers: [] }
  if (card.facts === true) return { plain: [{ title: t.about.title, sentences: [t.facts.server] }], makers: makersWords(card) }
  const plain = [
    { title: t.about.rightTitle, sentences: right(card) },
    { title: t.about.learnedTitle, sentences: learned(card) },
    { title: t.about.whichTitle, sentences: which(card) },
  ]
  return { plain: plain.filter(section => section.sentences.length > 0), makers: makersWords(card) }
}
