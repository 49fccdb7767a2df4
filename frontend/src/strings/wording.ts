/**
 * Label and sentence of a tone in a language, from an event's wording and that language's file in shared/words. The
 * worker does the same in classifier_worker/speech/wording/sentences.py.
 */

import { isAffect, type Affect } from '../contract/affects'
import type { Fields, ToneEvent } from '../contract/events'
import rules from '../../../shared/words/rules.json'
import { SURENESSES, type Sureness } from './steps'

const MANNERS = ['quiet', 'plain', 'strong', 'unpleasant', 'pleasant'] as const
export type Manner = (typeof MANNERS)[number]

/** Keys from which label and sentence are made in any language: Wording in shared/contract/tone_event.py. */
export interface Wording {
  manner: Manner
  second: Affect | null
  mixed: boolean
  uneven: boolean
  sureness: Sureness
  measured: string[]
  delivery: Manner | null
}

interface Leaning {
  sounds: string
  often: string
}

interface AffectWords extends Leaning {
  labels: Partial<Record<Manner, string>>
  deliveries: Partial<Record<Manner, string>>
  adjective: string
  mixed: string
  trace: string
  leanings?: Partial<Record<Manner, Leaning>>
  uneven?: { label: string; adjective: string }
}

/** As shared/words has them. Each {} is a part. */
export interface Words {
  affects: Record<Affect, AffectWords>
  mixed: Partial<Record<Affect, Partial<Record<Affect, string>>>>
  sentence: {
    whole: string
    opening: Record<Sureness, string>
    or_else: string
    delivery: Record<Sureness, string>
    trace: string
    measured: Record<string, string>
  }
  compared: Record<string, string>
  and: string
  than_usual: string
  facts: { as_usual: string; measured: Record<string, string> }
}

/** What of a tone its words are made of. */
export interface Worded {
  affect: Affect
  wording: Wording
}

function oneOf<Known extends string>(known: readonly Known[], value: unknown): Known | null {
  return known.find(one => one === value) ?? null
}

const flagsFrom = (value: unknown): string[] => (Array.isArray(value) ? value.filter(flag => typeof flag === 'string') : [])

/** A wording as the worker sends it. Null unless every key is known: half a wording would say something else. */
function wordingFrom(value: unknown): Wording | null {
  if (typeof value !== 'object' || value === null) return null
  const fields = value as Fields
  const [manner, sureness] = [oneOf(MANNERS, fields.manner), oneOf(SURENESSES, fields.sureness)]
  const delivery = oneOf(MANNERS, fields.delivery)
  const second = isAffect(fields.second) ? fields.second : null
  if (!manner || !sureness || (fields.delivery ?? null) !== delivery || (fields.second ?? null) !== second) return null
  return {
    manner,
    second,
    sureness,
    delivery,
    mixed: fields.mixed === true,
    uneven: fields.uneven === true,
    measured: flagsFrom(fields.measured),
  }
}

/** The tone if the language can word it, else null: it comes from an earlier release, or from a newer one. */
export function wordedIn(words: Words, { affect, wording }: ToneEvent): Worded | null {
  const found = wordingFrom(wording)
  const { labels, deliveries } = words.affects[affect]
  return found && found.manner in labels && (found.delivery ?? 'plain') in deliveries ? { affect, wording: found } : null
}

const put = (pattern: string, ...parts: string[]): string => parts.reduce((text, part) => text.replace('{}', () => part), pattern)
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const wordsFor = (flags: readonly string[], words: Record<string, string>): string[] => flags.flatMap(flag => words[flag] ?? [])

/** A few words for the tone. */
export function labelIn(words: Words, { affect, wording }: Worded): string {
  const its = words.affects[affect]
  const { second, uneven } = wording
  if (wording.mixed && second) {
    const adjective = (uneven && its.uneven?.adjective) || its.adjective
    return words.mixed[affect]?.[second] ?? capital(put(words.affects[second].mixed, adjective))
  }
  if (wording.manner === 'plain' && uneven && its.uneven) return its.uneven.label
  return its.labels[wording.manner] ?? its.labels.plain ?? its.adjective
}

/** One sentence, in Elcor style with the delivery in brackets before it. */
export function subtextIn(words: Words, { affect, wording }: Worded): string {
  const its = words.affects[affect]
  const said = its.leanings?.[wording.manner] ?? its
  const sentence = put(words.sentence.whole, opening(words, wording, said.sounds) + measured(words, wording.measured), said.often)
  return wording.delivery ? `${delivery(words, its.deliveries[wording.delivery] ?? its.trace, wording)} ${sentence}` : sentence
}

/** All flags in one phrase, with nothing inferred from them. */
export function factsIn(words: Words, flags: readonly string[]): string {
  if (!flags.length) return words.facts.as_usual
  const implied = flags.map(flag => rules.implied[flag as keyof typeof rules.implied])
  const named = flags
    .filter(flag => !(flag in words.compared))
    .map(flag => words.facts.measured[flag] ?? flag.replaceAll('_', ' '))
  return capital(
    [
      ...compared(
        words,
        flags.filter(flag => !implied.includes(flag)),
      ),
      ...named,
    ].join(', '),
  )
}

function opening(words: Words, { sureness, second }: Wording, sounds: string): string {
  const start = put(words.sentence.opening[sureness], sounds)
  return second && sureness !== 'sure' ? put(words.sentence.or_else, start, words.affects[second].sounds) : start
}

function compared(words: Words, flags: readonly string[]): string[] {
  const found = wordsFor(flags, words.compared)
  return found.length
    ? [
        put(
          words.than_usual,
          found.reduce((one, other) => put(words.and, one, other)),
        ),
      ]
    : []
}

function measured(words: Words, flags: readonly string[]): string {
  const phrases = [...compared(words, flags), ...wordsFor(flags, words.sentence.measured)]
  return phrases.length ? ` (${phrases.join(', ')})` : ''
}

function delivery(words: Words, manner: string, { second, sureness }: Wording): string {
  const traced = second && second !== 'neutral' ? put(words.sentence.trace, manner, words.affects[second].trace) : manner
  return put(words.sentence.delivery[sureness], traced)
}
