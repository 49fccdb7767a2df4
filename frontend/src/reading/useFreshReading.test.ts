import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { shallowRef, type ShallowRef } from 'vue'
import { inScope } from '../testing/scope'
import { useFreshReading } from './useFreshReading'

let trusted: ShallowRef<boolean>
let heard: ShallowRef<number>
let reading: ReturnType<typeof useFreshReading> & { stop: () => void }

beforeEach(() => {
  vi.useFakeTimers()
  trusted = shallowRef(true)
  heard = shallowRef(10)
  reading = inScope(() => useFreshReading(trusted, heard))
})

afterEach(() => {
  reading.stop()
  vi.useRealTimers()
})

describe('useFreshReading', () => {
  it('begins within 2.5 s of the sound and lasts for 6, and then does not come back', () => {
    expect(reading.fresh.value).toBe(false)
    reading.renew(9.5)
    heard.value = 15.5
    expect(reading.fresh.value).toBe(true)
    heard.value = 15.6
    expect(reading.fresh.value).toBe(false)
    heard.value = 15
    expect(reading.fresh.value).toBe(false)
    reading.renew(14)
    expect(reading.fresh.value).toBe(true)
  })

  it('is not fresh when it comes late', () => {
    reading.renew(7)
    expect(reading.fresh.value).toBe(false)
  })

  it('ends with what it needs, and does not come back with it', () => {
    reading.renew(10)
    trusted.value = false
    expect(reading.fresh.value).toBe(false)
    trusted.value = true
    expect(reading.fresh.value).toBe(false)
    trusted.value = false
    reading.renew(10)
    expect(reading.fresh.value).toBe(false)
  })

  it('ends when no sound comes any longer', () => {
    reading.renew(10)
    vi.advanceTimersByTime(5900)
    reading.renew(10.5)
    vi.advanceTimersByTime(5900)
    expect(reading.fresh.value).toBe(true)
    vi.advanceTimersByTime(200)
    expect(reading.fresh.value).toBe(false)
  })

  it.each(['silence', 'unclear', 'behind'] as const)('survives a short spell of %s, not a long one', state => {
    reading.renew(10)
    reading.hear(state)
    vi.advanceTimersByTime(1900)
    reading.hear('listening')
    vi.advanceTimersByTime(1900)
    expect(reading.fresh.value).toBe(true)
    reading.hear(state)
    vi.advanceTimersByTime(1000)
    reading.hear('silence')
    vi.advanceTimersByTime(1000)
    expect(reading.fresh.value).toBe(false)
    reading.hear('listening')
    expect(reading.fresh.value).toBe(false)
  })

  it('gives the last words before a pause as long, though they are read within it', () => {
    reading.hear('silence')
    vi.advanceTimersByTime(3000)
    reading.renew(10)
    vi.advanceTimersByTime(1900)
    expect(reading.fresh.value).toBe(true)
    vi.advanceTimersByTime(200)
    expect(reading.fresh.value).toBe(false)
  })

  it('knows nothing of the session before', () => {
    reading.hear('silence')
    trusted.value = false
    trusted.value = true
    reading.renew(10)
    vi.advanceTimersByTime(5900)
    expect(reading.fresh.value).toBe(true)
  })
})
