import { describe, expect, it } from 'vitest'
import german from '../../../shared/words/de.json'
import english from '../../../shared/words/en.json'
import { factsFrom, toneFrom, type ToneEvent } from '../contract/events'
import { aTone } from '../testing/tone'
import worker from '../testing/wordings.json'
import { de } from './de'
import { factsIn, labelIn, subtextIn, wordedIn, type Worded, type Words } from './wording'

const LANGUAGES: Record<string, Words> = { de: german }

/** As it comes from a server. */
function received(affect: unknown, wording: unknown): ToneEvent {
  const tone = toneFrom('1-1', { label: 'As it came', subtext: 'As it came.', confidence: 0.9, affect, wording })
  if (!tone) throw new Error('no tone')
  return tone
}

function worded([affect, wording]: unknown[]): Worded {
  const found = wordedIn(english, received(affect, wording))
  if (!found) throw new Error('no wording')
  return found
}

describe('from the English words', () => {
  it.each(worker.tones)('%s %o is worded as the worker words it', (...tone) => {
    expect([labelIn(english, worded(tone)), subtextIn(english, worded(tone))]).toEqual(tone.slice(2))
  })

  it.each(worker.facts)('%j is said as the worker says it', (flags, text) => {
    expect(factsIn(english, flags as string[])).toBe(text)
  })
})

describe.each(Object.entries(LANGUAGES))('in %s', (_, words) => {
  it('each label is translated', () => {
    for (const tone of worker.tones) {
      const label = labelIn(words, worded(tone))
      expect(label).not.toBe(tone[2])
      expect(label).toMatch(/^\p{Lu}\p{Ll}*(,? \p{Ll}+)*( Ton)?$/u)
    }
  })

  it('each sentence is translated and whole', () => {
    for (const tone of worker.tones) {
      const sentence = subtextIn(words, worded(tone))
      expect(sentence).toMatch(/^(\[\p{Lu}[^[\]{}]+\] )?\p{Lu}[^[\]{}]+\.$/u)
      expect(sentence).not.toMatch(/undefined|sound|people|usual/)
    }
  })

  it('each fact is translated', () => {
    for (const [flags, text] of worker.facts) {
      if (!String(flags).includes('future')) expect(factsIn(words, flags as string[])).not.toBe(text)
    }
  })
})

describe('German', () => {
  const plain = { manner: 'plain', second: null, mixed: false, uneven: false, sureness: 'sure', measured: [], delivery: null }

  it('says neutral instead of even as the worker does', () => {
    expect(de.label(received('neutral', { ...plain, second: 'sad', mixed: true, uneven: true }))).toBe('Neutral, etwas traurig')
    expect(de.label(received('calm', { ...plain, uneven: true }))).toBe('Klingt ruhig')
  })

  it('says how sure it is, what else it could be and what was measured', () => {
    expect(de.subtext(received('sad', { ...plain, sureness: 'open', second: 'calm', mixed: true }))).toBe(
      'Klingt vielleicht traurig, möglicherweise auch ruhig; so klingen Menschen oft, wenn etwas sie traurig oder müde macht.',
    )
    expect(de.subtext(received('sad', { ...plain, measured: ['quieter', 'slower', 'new_flag'] }))).toBe(
      'Klingt traurig (leiser und langsamer als sonst); so klingen Menschen oft, wenn etwas sie traurig oder müde macht.',
    )
  })

  it('begins in Elcor style where the worker does', () => {
    expect(de.subtext(received('frustrated', { ...plain, second: 'sad', mixed: true, delivery: 'plain' }))).toMatch(
      /^\[Mit kaum zurückgehaltenem Ärger und einer Spur Traurigkeit\] Klingt verärgert/,
    )
    expect(de.subtext(received('sad', { ...plain, sureness: 'open', manner: 'quiet', delivery: 'quiet' }))).toMatch(
      /^\[Vielleicht mit stiller Traurigkeit\] /,
    )
  })

  it('says of pleasantness what the label says', () => {
    const tone = received('surprised', { ...plain, manner: 'pleasant', sureness: 'likely', delivery: 'pleasant' })
    expect(de.label(tone)).toBe('Angenehm überrascht')
    expect(de.subtext(tone)).toBe(
      '[Mit angenehmer Überraschung] Klingt wahrscheinlich angenehm überrascht; so klingen Menschen oft, wenn etwas besser ist als erwartet.',
    )
  })

  it('shows what an earlier release wrote as it came, with the tone in German', () => {
    const tone = aTone({ affect: 'frustrated', label: 'Warmly impatient', subtext: 'Sounds frustrated …' })
    expect([de.label(tone), de.subtext(tone)]).toEqual(['Warmly impatient (verärgert)', 'Sounds frustrated …'])
    expect(de.subtext({ ...tone, subtext: null })).toBeNull()
  })

  it.each([
    ['an affect', 'stern', plain],
    ['a manner', 'sad', { ...plain, manner: 'hoarse' }],
    ['a second affect', 'sad', { ...plain, second: 'stern', mixed: true }],
    ['a delivery', 'sad', { ...plain, delivery: 'hoarse' }],
    ['a leaning of this affect', 'sad', { ...plain, manner: 'pleasant' }],
    ['a sureness', 'sad', { ...plain, sureness: 'certain' }],
    ['a wording', 'sad', 'none'],
  ])('shows the English label where it does not know %s', (_, affect, wording) => {
    const tone = received(affect, wording)
    expect(de.label(tone)).toMatch(/^As it came( \(traurig\))?$/)
    expect(de.subtext(tone)).toBe('As it came.')
  })

  it('says what is measured, and that a voice is not known yet', () => {
    const said = (fields: object): string => {
      const facts = factsFrom('1-1', { event_type: 'facts', ...fields })
      return facts ? de.facts.text(facts) : ''
    }
    expect(said({ prosody_flags: ['louder', 'raised_voice', 'faster'], text: 'x' })).toBe('Schneller als sonst, Stimme erhoben')
    expect(said({ prosody_flags: [], text: 'As usual for this voice' })).toBe('Wie bei dieser Stimme üblich')
    expect(said({ prosody_flags: [], text: null })).toBe('Linnet lernt diese Stimme erst kennen')
  })
})
