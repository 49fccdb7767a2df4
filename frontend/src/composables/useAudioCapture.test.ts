import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeBufferSource, FakeContext, FakeWorklet, type FakeGain, installFakeAudio } from '../testing/fakeAudio'
import { inScope } from '../testing/scope'
import { useAudioCapture } from './useAudioCapture'

let audio: ReturnType<typeof installFakeAudio>
let capture: ReturnType<typeof useAudioCapture> & { stop: () => void }
const onFrame = vi.fn()
const onEnd = vi.fn()

beforeEach(() => {
  audio = installFakeAudio(vi.stubGlobal)
  onFrame.mockReset()
  onEnd.mockReset()
  capture = inScope(() => useAudioCapture({ onFrame, onEnd }))
})

afterEach(() => {
  capture.stop()
  vi.unstubAllGlobals()
})

const refuse = (name: string): void => {
  audio.devices.getUserMedia = () => Promise.reject(new DOMException('', name))
}

describe('the microphone', () => {
  it('is taken at 16 kHz where the browser resamples', async () => {
    expect(await capture.openMicrophone()).toBe(16_000)
    expect(capture.source.value).toBe('microphone')
  })

  it('is taken at its own rate where it does not, and the first context is closed', async () => {
    FakeContext.refusesOtherRates = true
    expect(await capture.openMicrophone()).toBe(44_100)
    expect(FakeContext.all.map(context => context.state)).toEqual(['closed', 'suspended'])
  })

  it('is halved where it runs faster than the server takes', async () => {
    FakeContext.deviceRate = 96_000
    FakeContext.refusesOtherRates = true
    expect(await capture.openMicrophone()).toBe(48_000)
    expect(FakeWorklet.last.options).toMatchObject({ processorOptions: { every: 2 } })
  })

  it('hands frames over, and the last, partial one when closed', async () => {
    await capture.openMicrophone()
    await capture.begin()
    FakeWorklet.last.posts({ pcm: Int16Array.of(1, 2, 3).buffer, peak: 0.5 })
    expect(capture.peak.value).toBe(0.5)
    FakeWorklet.last.rest = Int16Array.of(4)
    await capture.close()
    expect(onFrame.mock.calls.map(([pcm]) => [...pcm])).toEqual([[1, 2, 3], [4]])
    expect(audio.streams[0]?.track.stopped).toBe(true)
    expect(FakeContext.all[0]?.state).toBe('closed')
    expect(capture.source.value).toBeNull()
  })

  it.each([
    ['NotAllowedError', 'microphone-denied'],
    ['NotFoundError', 'microphone-missing'],
    ['NotReadableError', 'microphone-busy'],
  ])('%s becomes %s', async (name, code) => {
    refuse(name)
    await expect(capture.openMicrophone()).rejects.toMatchObject({ code })
  })

  it('needs a safe page', async () => {
    vi.stubGlobal('isSecureContext', false)
    await expect(capture.openMicrophone()).rejects.toMatchObject({ code: 'insecure-page' })
  })

  it('comes back by itself after it was unplugged', async () => {
    await capture.openMicrophone()
    await capture.begin()
    audio.streams[0]?.track.onended?.()
    expect(capture.interruption.value?.code).toBe('microphone-lost')

    const again = audio.devices.getUserMedia
    refuse('NotFoundError')
    audio.devices.dispatchEvent(new Event('devicechange'))
    await vi.waitFor(() => expect(capture.interruption.value?.code).toBe('microphone-lost'))
    audio.devices.getUserMedia = again
    audio.devices.dispatchEvent(new Event('devicechange'))
    await vi.waitFor(() => expect(capture.interruption.value).toBeNull())
    expect(audio.streams.length).toBe(2)
    FakeWorklet.last.posts({ pcm: Int16Array.of(9).buffer, peak: 0.5 })
    expect(onFrame).toHaveBeenCalledOnce()
  })

  it('is let go when it was closed while the browser still asked', async () => {
    let allow: (stream: unknown) => void = () => undefined
    const given = await audio.devices.getUserMedia()
    audio.devices.getUserMedia = () => new Promise(resolve => (allow = resolve as typeof allow))
    const opening = capture.openMicrophone()
    await vi.waitFor(() => expect(capture.source.value).toBeNull())
    await capture.close()
    allow(given)
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
    expect(given.track.stopped).toBe(true)
  })

  it('goes on after the system suspended sound', async () => {
    await capture.openMicrophone()
    await capture.begin()
    const context = FakeContext.all[0]
    if (!context) throw new Error('no context')
    context.state = 'interrupted'
    context.onstatechange?.()
    await vi.waitFor(() => expect(context.state).toBe('running'))
  })
})

describe('a recording', () => {
  const file = new Blob(['RIFF'])

  it('plays at 16 kHz and says when it is over', async () => {
    expect(await capture.openRecording(file)).toBe(16_000)
    expect(capture.source.value).toBe('recording')
    await capture.begin()
    expect(FakeBufferSource.last.startedAt).toBe(0)
    const [output] = FakeBufferSource.last.connected as FakeGain[]
    expect(output?.connected).toEqual([FakeWorklet.last])
    expect(onEnd).not.toHaveBeenCalled()
    FakeBufferSource.last.onended?.()
    expect(onEnd).toHaveBeenCalledOnce()
  })

  it('begins at the place that was chosen before it began', async () => {
    await capture.openRecording(file)
    capture.seek(40)
    expect(capture.position.value).toBe(40)
    await capture.begin()
    expect(FakeBufferSource.last.startedAt).toBe(40)
  })

  it('says where it is, and goes on from another place without ending', async () => {
    await capture.openRecording(file)
    await capture.begin()
    const [first, context] = [FakeBufferSource.last, FakeContext.all[0] as FakeContext]
    context.currentTime = 7
    FakeWorklet.last.posts({ pcm: Int16Array.of(1).buffer, peak: 0.5 })
    expect([capture.position.value, capture.duration.value]).toEqual([7, 60])
    capture.seek(40)
    expect([first.stopped, first.onended]).toEqual([true, null])
    expect(FakeBufferSource.last.startedAt).toBe(40)
    context.currentTime = 12
    FakeWorklet.last.posts({ pcm: Int16Array.of(1).buffer, peak: 0.5 })
    expect(capture.position.value).toBe(45)
    expect(onEnd).not.toHaveBeenCalled()
    FakeBufferSource.last.onended?.()
    expect(onEnd).toHaveBeenCalledOnce()
    await capture.close()
    expect([capture.position.value, capture.duration.value]).toEqual([0, 0])
  })

  it('can be muted while it plays', async () => {
    await capture.openRecording(file)
    const gain = FakeWorklet.last.connected[0] as { gain: { value: number } }
    expect(gain.gain.value).toBe(1)
    capture.muted.value = true
    await vi.waitFor(() => expect(gain.gain.value).toBe(0))
  })

  it('can be held, and is not woken meanwhile', async () => {
    await capture.openRecording(file)
    await capture.begin()
    const context = FakeContext.all[0]
    capture.pause(true)
    context?.onstatechange?.()
    expect(context?.state).toBe('suspended')
    capture.pause(false)
    expect(context?.state).toBe('running')
  })

  it('that cannot be read is refused in words, and lets the audio go', async () => {
    FakeContext.undecodable = true
    await expect(capture.openRecording(file)).rejects.toMatchObject({ code: 'recording-unreadable' })
    expect(FakeContext.all[0]?.state).toBe('closed')
  })
})
