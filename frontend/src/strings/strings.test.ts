import { describe, expect, it } from 'vitest'
import { en } from './en'
import { de } from './de'

describe.each([
  [en, { 0.6: 'unclear', 0.6949: 'unclear', 0.695: 'fairly sure', 0.8449: 'fairly sure', 0.845: 'sure', 1: 'sure' }],
  [
    de,
    { 0.6: 'unsicher', 0.6949: 'unsicher', 0.695: 'ziemlich sicher', 0.8449: 'ziemlich sicher', 0.845: 'sicher', 1: 'sicher' },
  ],
])('%#', (words, expected) => {
  it.each(Object.entries(expected))('%s is worded by the percent beside it, as the sentence is', (confidence, word) => {
    expect(words.confidence(Number(confidence))).toBe(word)
  })

  it('says nothing of tension where distress is measured: sad speech is no more tense', () => {
    const said = (['escalating', 'de-escalating'] as const).map(direction => words.shift.text(direction, 0.5)).join()
    expect(said).not.toMatch(/tense|angespannt/)
  })
})
