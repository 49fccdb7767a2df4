import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { MOST_SESSIONS, useSpeakers } from './speakers'

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

const otherTab = (): ReturnType<typeof useSpeakers> => {
  setActivePinia(createPinia())
  return useSpeakers()
}
/** What a browser tells the other tabs. */
function spread(): void {
  const newValue = localStorage.getItem('linnet-speakers')
  dispatchEvent(new StorageEvent('storage', { key: 'linnet-speakers', newValue, storageArea: localStorage }))
}

it('keeps the names of each session apart, whatever another tab names', async () => {
  const speakers = useSpeakers()
  speakers.meet('3-abc')
  speakers.rename('speaker_a', 'Mum')
  await nextTick()
  const other = otherTab()
  other.meet('3-r0a')
  expect(other.nameOf('speaker_a')).toBe('Speaker A')
  other.rename('speaker_a', 'Doctor')
  await nextTick()
  spread()
  await nextTick()
  expect([speakers.nameOf('speaker_a'), other.nameOf('speaker_a')]).toEqual(['Mum', 'Doctor'])
})

it('keeps the names of few sessions, and none of an erased one', async () => {
  const speakers = useSpeakers()
  for (let n = 0; n <= MOST_SESSIONS; n += 1) {
    speakers.meet(`3-${n}`)
    speakers.rename('speaker_a', `Voice ${n}`)
  }
  speakers.meet('3-0')
  expect(speakers.nameOf('speaker_a')).toBe('Speaker A')
  speakers.meet('3-1')
  expect(speakers.nameOf('speaker_a')).toBe('Voice 1')
  speakers.forget('3-1')
  expect(speakers.nameOf('speaker_a')).toBe('Speaker A')
  await nextTick()
  expect(localStorage.getItem('linnet-speakers')).not.toContain('Voice 1')
  speakers.meet('')
  speakers.rename('speaker_a', 'Nobody')
  expect(speakers.nameOf('speaker_a')).toBe('Speaker A')
})

it.each(['{oops', '3', 'null', '[{"sessionId":1}]', '{"sessionId":"3-abc","names":{"speaker_a":7}}'])('survives %s', text => {
  localStorage.setItem('linnet-speakers', text)
  const speakers = useSpeakers()
  speakers.meet('3-abc')
  expect(speakers.nameOf('speaker_a')).toBe('Speaker A')
})
