import { describe, expect, it } from 'vitest'
import { sentLine, sentPartial } from '../testing/line'
import { isStored, parseStreamEvent, toneFrom, type StreamEvent, type StreamEventKind } from './events'

const parsed = (kind: StreamEventKind, data: unknown): StreamEvent | null =>
  parseStreamEvent(kind, '48000-1', JSON.stringify(data))

describe('transcript-event', () => {
  it('is a line with its words', () => {
    expect(parsed('transcript-event', sentLine())).toEqual({
      kind: 'transcript-event',
      line: {
        id: '48000-1',
        timestamp: 3,
        utteranceId: 'u1',
        start: 1,
        end: 2.5,
        text: 'That’s fine.',
        words: [
          { text: 'That’s', start: 1, end: 1.6, probability: 0.9 },
          { text: 'fine.', start: 1.7, end: 2.5, probability: 0.4 },
        ],
        language: 'en',
        speakerId: 'speaker_a',
        mismatch: null,
      },
    })
  })

  it.each([{ text: '' }, { text: 7 }, { utterance_id: '' }, { utterance_id: null }, { event_type: 'tone' }])(
    'is none with %j',
    change => {
      expect(parsed('transcript-event', sentLine(change))).toBeNull()
    },
  )

  it('leaves out words that are none, and a speaker that is not known', () => {
    const words = [null, 'a', { text: 'a', start: 'x', end: 1 }, { text: '', start: 0, end: 1 }, { text: 'b', start: 0, end: 1 }]
    expect(parsed('transcript-event', sentLine({ words, speaker_id: null, language: null }))).toMatchObject({
      line: { words: [{ text: 'b', start: 0, end: 1, probability: 0 }], speakerId: '', language: '' },
    })
    expect(parsed('transcript-event', sentLine({ words: 'none' }))).toMatchObject({ line: { words: [] } })
  })

  it('says that words and voice part only in keys that the page knows', () => {
    const mismatch = { words: 'positive', voice: 'frustrated', sentence: 'Friendly words, tense voice.' }
    expect(parsed('transcript-event', sentLine({ mismatch }))).toMatchObject({ line: { mismatch } })
    for (const change of [{ words: 'ironic' }, { voice: 'sly' }, { sentence: '' }]) {
      expect(parsed('transcript-event', sentLine({ mismatch: { ...mismatch, ...change } }))).toMatchObject({
        line: { mismatch: null },
      })
    }
  })
})

describe('transcript', () => {
  it('is what was recognised so far, and no stored event', () => {
    expect(parsed('transcript', sentPartial())).toEqual({
      kind: 'transcript',
      partial: { timestamp: 2, utteranceId: 'u1', start: 1, text: 'That’s fi', stable: 'That’s', language: 'en' },
    })
    expect(['tone-event', 'transcript-event', 'transcript', 'status', 'gap'].map(isStored)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })

  it('may be taken back', () => {
    expect(parsed('transcript', sentPartial({ text: '', stable: '' }))).toMatchObject({ partial: { text: '' } })
  })

  it.each([{ text: null }, { utterance_id: '' }, { event_type: 'transcript' }, { stable: 'It is' }])(
    'is none with %j',
    change => {
      expect(parsed('transcript', sentPartial(change))).toBeNull()
    },
  )
})

it('a tone says of which utterance it is, where the worker does', () => {
  expect(toneFrom('1-1', { label: 'Calm', utterance_id: 'u1' })?.utteranceId).toBe('u1')
  expect(toneFrom('1-1', { label: 'Calm', utterance_id: 7 })?.utteranceId).toBe('')
})
