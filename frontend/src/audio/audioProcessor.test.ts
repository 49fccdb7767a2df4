import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'

interface Sent {
  pcm?: ArrayBuffer
  peak?: number
  flushed?: boolean
}

interface Processor {
  port: { onmessage: (event: { data: object }) => void }
  process: (inputs: Float32Array[][], outputs: Float32Array[][]) => boolean
}

const source = readFileSync('src/audio/audio-processor.js', 'utf8')
const QUANTUM = 128

/** The worklet's own file, in the scope that a browser gives it. */
function load(sampleRate: number, rate = sampleRate): { processor: Processor; sent: Sent[] } {
  const sent: Sent[] = []
  class AudioWorkletProcessor {
    port = { postMessage: (message: Sent & { started?: true }) => message.started || sent.push(message), onmessage: null }
  }
  let registered: (new (options: object) => Processor) | undefined
  const registerProcessor = (name: string, made: new (options: object) => Processor): void => {
    expect(name).toBe('audio-processor')
    registered = made
  }
  // As a browser loads a worklet: with these names and nothing else.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  new Function('AudioWorkletProcessor', 'registerProcessor', 'sampleRate', source)(
    AudioWorkletProcessor,
    registerProcessor,
    sampleRate,
  )
  if (!registered) throw new Error('not registered')
  return { processor: new registered({ processorOptions: { rate } }), sent }
}

const pcmOf = (sent: Sent[]): number[] => sent.flatMap(({ pcm }) => (pcm ? [...new Int16Array(pcm)] : []))

function feed(processor: Processor, samples: Float32Array): void {
  for (let at = 0; at < samples.length; at += QUANTUM) {
    const block = samples.slice(at, at + QUANTUM)
    processor.process([[block]], [[new Float32Array(block.length)]])
  }
}

describe.each([8000, 16_000, 22_050, 44_100, 48_000])('audio-processor at %i Hz', rate => {
  let processor: Processor
  let sent: Sent[]
  beforeEach(() => ({ processor, sent } = load(rate)))

  const sine = (length: number): Float32Array => Float32Array.from({ length }, (_, n) => 0.8 * Math.sin(n / 7))
  const expected = (samples: Float32Array): number[] => [...samples].map(sample => Math.round(sample * 32767))

  it('gives back every sample once and in order, in chunks of exactly 100 ms', () => {
    const samples = sine(rate * 2)
    feed(processor, samples)
    const chunk = Math.round(rate / 10)
    expect(sent.map(({ pcm }) => pcm?.byteLength)).toEqual(Array(Math.floor(samples.length / chunk)).fill(chunk * 2))
    processor.port.onmessage({ data: { flush: true } })
    expect(pcmOf(sent)).toEqual(expected(samples))
  })

  it('flushes what is left, then says so', () => {
    feed(processor, sine(QUANTUM * 3))
    expect(sent).toEqual([])
    processor.port.onmessage({ data: { flush: true } })
    expect(pcmOf(sent).length).toBe(QUANTUM * 3)
    expect(sent.at(-1)).toEqual({ flushed: true })
    processor.port.onmessage({ data: { flush: true } })
    expect(pcmOf(sent).length).toBe(QUANTUM * 3)
  })
})

describe('audio-processor', () => {
  it('clips instead of wrapping round', () => {
    const { processor, sent } = load(16_000)
    feed(processor, Float32Array.of(2, 1, 0, -1, -2))
    processor.port.onmessage({ data: { flush: true } })
    expect(pcmOf(sent)).toEqual([32767, 32767, 0, -32767, -32767])
  })

  it('tells the peak of each chunk', () => {
    const { processor, sent } = load(16_000)
    feed(
      processor,
      Float32Array.from({ length: 3200 }, (_, n) => (n === 5 ? -0.5 : n < 1600 ? 0.1 : 0.25)),
    )
    expect(sent.map(({ peak }) => peak)).toEqual([0.5, 0.25])
  })

  it('passes sound through, to be heard', () => {
    const { processor } = load(16_000)
    const out = new Float32Array(3)
    processor.process([[Float32Array.of(0.5, -0.5, 0.25)]], [[out]])
    expect([...out]).toEqual([0.5, -0.5, 0.25])
  })

  it('invents nothing while no source is connected, and lives on', () => {
    const { processor, sent } = load(16_000)
    for (let i = 0; i < 100; i += 1) expect(processor.process([[]], [[new Float32Array(QUANTUM)]])).toBe(true)
    processor.port.onmessage({ data: { flush: true } })
    expect(sent).toEqual([{ flushed: true }])
  })
})

describe.each([8000, 22_050, 32_000, 44_100, 47_999, 48_000, 96_000, 192_000])('audio-processor from %i Hz to 16 kHz', rate => {
  const tone = (hertz: number, seconds: number): Float32Array =>
    Float32Array.from({ length: rate * seconds }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hertz * n) / rate))

  function resampled(samples: Float32Array): number[] {
    const { processor, sent } = load(rate, 16_000)
    feed(processor, samples)
    processor.port.onmessage({ data: { flush: true } })
    return pcmOf(sent).map(sample => sample / 32767)
  }

  const power = (samples: number[]): number => samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length

  it.each([100, 440, 3000])('gives the same %i Hz, as long and in its place', hertz => {
    const found = resampled(tone(hertz, 1))
    expect(Math.abs(found.length - 16_000)).toBeLessThanOrEqual(1)
    const inner = found.slice(500, 15_500)
    const wrong = inner.map((sample, n) => sample - 0.5 * Math.sin((2 * Math.PI * hertz * (n + 500)) / 16_000))
    expect(10 * Math.log10(power(inner) / power(wrong))).toBeGreaterThan(70)
  })

  it.runIf(rate > 18_000)('lets nothing fold back from above what 16 kHz can hold', () => {
    expect(10 * Math.log10(power(resampled(tone(9000, 1)).slice(500, 15_500)) / 0.125)).toBeLessThan(-70)
  })
})
