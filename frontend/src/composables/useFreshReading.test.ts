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
  it('is fresh until 2.5 s of further sound have gone by, and then not again', () => {
    expect(reading.fresh.value).toBe(false)
    reading.renew(9.5)
    heard.value = 12
    expect(reading.fresh.value).toBe(true)
    heard.value = 12.1
    expect(reading.fresh.value).toBe(false)
    heard.value = 10
    expect(reading.fresh.value).toBe(false)
    reading.renew(11)
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
    vi.advanceTimersByTime(2900)
    reading.renew(10.5)
    vi.advanceTimersByTime(2900)
    expect(reading.fresh.value).toBe(true)
    vi.advanceTimersByTime(200)
    expect(reading.fresh.value).toBe(false)
  })
})
