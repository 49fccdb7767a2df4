import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { useSpeakers } from './speakers'

beforeEach(() => setActivePinia(createPinia()))
afterEach(() => localStorage.clear())

it('names voices, for their session only', () => {
  const speakers = useSpeakers()
  speakers.meet('one')
  for (const id of ['speaker_b', 'speaker_a', 'speaker_b', '']) speakers.hear(id)
  expect(speakers.heard).toEqual(['speaker_b', 'speaker_a'])
  speakers.rename('speaker_a', `  Mum${'!'.repeat(99)}`)
  expect(speakers.nameOf('speaker_a')).toBe(`Mum${'!'.repeat(37)}`)
  expect(speakers.nameOf('speaker_b')).toBe('Speaker B')
  expect(speakers.nameOf('')).toBe('')
  speakers.meet('one')
  expect(speakers.nameOf('speaker_a')).toContain('Mum')
  speakers.rename('speaker_a', ' ')
  expect(speakers.nameOf('speaker_a')).toBe('Speaker A')
  speakers.rename('speaker_a', 'Mum')
  speakers.meet('two')
  expect(speakers.nameOf('speaker_a')).toBe('Speaker A')
})
