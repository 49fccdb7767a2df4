/**
 * Runs in the audio thread: collects mono samples into chunks of 100 ms, as 16-bit integers, and hands each over
 * with its peak level. The page's own thread only forwards them, so a busy page never drops a sample.
 *
 * Out: { pcm: ArrayBuffer (s16, native order), peak: 0…1 } and, after { flush: true } came in, the rest, then { flushed: true }.
 * The input is passed on to the output, so that a recording can be heard through it.
 * Option `every`: so many samples become one, their mean, for devices that run faster than the server takes; speech has
 * nothing so high that it could fold back audibly.
 */
class AudioProcessor extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super()
    this.every = processorOptions.every
    this.size = Math.round(sampleRate / this.every / 10)
    this.sum = 0
    this.summed = 0
    this.begin()
    this.port.onmessage = ({ data }) => {
      if (!data.flush) return
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

  process(inputs, outputs) {
    const samples = inputs[0][0]
    if (!samples) return true // Nothing connected: time stands still rather than being filled with invented silence.
    for (const channel of outputs[0] ?? []) channel.set(samples)
    for (const sample of samples) {
      this.sum += sample
      if (++this.summed < this.every) continue
      const clipped = Math.max(-1, Math.min(1, this.sum / this.every))
      this.sum = this.summed = 0
      this.chunk[this.filled++] = Math.round(clipped * 32767)
      this.peak = Math.max(this.peak, Math.abs(clipped))
      if (this.filled === this.size) this.send()
    }
    return true
  }
}

registerProcessor('audio-processor', AudioProcessor)
