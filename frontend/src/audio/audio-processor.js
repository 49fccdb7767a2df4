/**
 * Runs in the audio thread: collects mono samples into chunks of 100 ms, as 16-bit integers, and hands each over
 * with its peak level. The page's own thread only forwards them, so a busy page never drops a sample.
 *
 * Out: { started: true } with the first sound, { pcm: ArrayBuffer (s16, native order), peak: 0…1 } and, after
 * { flush: true } came in, the rest, then { flushed: true }.
 * The input is passed on to the output, so that a recording can be heard through it.
 * Option `rate`: samples a second that go out; what comes in at another rate is resampled.
 */
class AudioProcessor extends AudioWorkletProcessor {
  constructor({ processorOptions: { rate } }) {
    super()
    this.resampler = rate === sampleRate ? null : new Resampler(sampleRate, rate)
    this.take = this.take.bind(this)
    this.size = Math.round(rate / 10)
    this.started = false
    this.begin()
    this.port.onmessage = ({ data }) => {
      if (!data.flush) return
      if (this.started) this.resampler?.finish(this.take)
      this.send()
      this.port.postMessage({ flushed: true })
    }
  }

  begin() {
    this.chunk = new Int16Array(this.size)
    this.filled = 0
    this.peak = 0
  }

  send() {
    if (this.filled === 0) return
    const pcm = this.filled === this.size ? this.chunk.buffer : this.chunk.slice(0, this.filled).buffer
    this.port.postMessage({ pcm, peak: this.peak }, [pcm])
    this.begin()
  }

  take(sample) {
    const clipped = Math.max(-1, Math.min(1, sample))
    this.chunk[this.filled++] = Math.round(clipped * 32767)
    this.peak = Math.max(this.peak, Math.abs(clipped))
    if (this.filled === this.size) this.send()
  }

  process(inputs, outputs) {
    const samples = inputs[0][0]
    if (!samples) return true // Nothing connected: time stands still rather than being filled with invented silence.
    if (!this.started) this.port.postMessage({ started: true })
    this.started = true
    for (const channel of outputs[0] ?? []) channel.set(samples)
    if (this.resampler) this.resampler.give(samples, this.take)
    else for (const sample of samples) this.take(sample)
    return true
  }
}

/** Zero crossings of the kernel on either side. */
const CROSSINGS = 24
/** Share of the lower rate's band that passes whole. */
const PASSED = 0.92
/** Points of the kernel's table for each sample of the input; between them it is interpolated. */
const POINTS = 256
const BLOCK = 128

/** From one rate to another by a windowed sinc, without the frequencies that only one of them holds. */
class Resampler {
  constructor(from, to) {
    const cutoff = Math.min(1, to / from) * PASSED
    this.step = from / to
    this.reach = Math.ceil(CROSSINGS / cutoff)
    this.kernel = kernelOf(cutoff, this.reach)
    /** The newest samples; before the first there was silence. */
    this.held = new Float32Array(2 * this.reach + BLOCK + Math.ceil(this.step) + 2)
    this.count = this.reach
    /** Place in `held` of the next sample to give. */
    this.next = this.reach
  }

  /** Hands `take` each sample that is determined by what came so far. */
  give(samples, take) {
    for (let at = 0; at < samples.length; at += BLOCK) this.giveBlock(samples.subarray(at, at + BLOCK), take)
  }

  giveBlock(samples, take) {
    this.held.set(samples, this.count)
    this.count += samples.length
    for (; this.next + this.reach < this.count; this.next += this.step) take(this.at(this.next))
    const done = Math.min(this.count, Math.floor(this.next) - this.reach)
    if (done <= 0) return
    this.held.copyWithin(0, done, this.count)
    this.count -= done
    this.next -= done
  }

  /** What the end holds back, as if silence followed. */
  finish(take) {
    this.give(new Float32Array(this.reach), take)
  }

  at(place) {
    const last = Math.floor(place) + this.reach
    let sum = 0
    for (let n = last - 2 * this.reach + 1; n <= last; n += 1) {
      const x = Math.abs(place - n) * POINTS
      const k = Math.floor(x)
      sum += this.held[n] * (this.kernel[k] + (x - k) * (this.kernel[k + 1] - this.kernel[k]))
    }
    return sum
  }
}

/** One half of the kernel: a sinc under a Blackman-Harris window. */
function kernelOf(cutoff, reach) {
  const length = reach * POINTS
  return Float32Array.from({ length: length + 2 }, (_, n) => {
    if (n >= length) return 0
    const [x, w] = [Math.PI * cutoff * (n / POINTS), Math.PI * (n / length)]
    const window = 0.35875 + 0.48829 * Math.cos(w) + 0.14128 * Math.cos(2 * w) + 0.01168 * Math.cos(3 * w)
    return cutoff * window * (n === 0 ? 1 : Math.sin(x) / x)
  })
}

registerProcessor('audio-processor', AudioProcessor)
