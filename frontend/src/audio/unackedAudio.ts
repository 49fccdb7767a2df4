/**
 * Audio that the server has not acknowledged yet, in order and bounded: what a reconnect sends again.
 * Positions are samples since the session began. When full, the oldest goes and is counted; a good stretch at once,
 * because every hole costs a new connection (positions on one connection have no holes).
 */

export interface Frame {
  offset: number
  pcm: Int16Array<ArrayBuffer>
}

export class UnackedAudio {
  private frames: Frame[] = []
  private sent = 0
  private held = 0
  private lost = 0

  /**
   * @param capacity samples held at most
   * @param stretch samples that go at once when it is full
   * @param produced samples of the session that were sent before, by an earlier page
   */
  constructor(
    private readonly capacity: number,
    private readonly stretch: number,
    private produced = 0,
  ) {}

  /** Samples held. */
  get size(): number {
    return this.held
  }

  /** Samples since the session began, wherever they are now. */
  get total(): number {
    return this.produced
  }

  /** Samples that had to go unsent. */
  get dropped(): number {
    return this.lost
  }

  /** Position of the oldest frame held; where the next frame will go when none is. */
  get oldest(): number {
    return this.frames[0]?.offset ?? this.produced
  }

  /** Frames sent and not yet acknowledged. */
  get inFlight(): number {
    return this.sent
  }

  push(pcm: Int16Array<ArrayBuffer>): void {
    this.frames.push({ offset: this.produced, pcm })
    this.produced += pcm.length
    this.held += pcm.length
    if (this.held <= this.capacity) return
    while (this.held > this.capacity - this.stretch && this.frames.length > 1) this.lost += this.shift()
  }

  /** The next frame to send, marked as sent. */
  next(): Frame | undefined {
    const frame = this.frames[this.sent]
    if (frame) this.sent += 1
    return frame
  }

  /** The next frames as one, of at most `length` samples, marked as sent. Sent one by one they would cost a call each. */
  nextJoined(length: number): (Frame & { frames: number }) | undefined {
    const from = this.sent
    let samples = 0
    for (let frame = this.frames[this.sent]; frame && samples + frame.pcm.length <= length; frame = this.frames[this.sent]) {
      samples += frame.pcm.length
      this.sent += 1
    }
    const joined = this.frames.slice(from, this.sent)
    if (!joined[0]) return undefined
    const pcm = new Int16Array(samples)
    joined.reduce((at, frame) => (pcm.set(frame.pcm, at), at + frame.pcm.length), 0)
    return { offset: joined[0].offset, pcm, frames: joined.length }
  }

  /** The oldest sent frame has arrived. */
  acknowledge(): void {
    if (this.sent > 0) this.shift()
  }

  /** A new connection: everything held is sent again, from `oldest` on. */
  resend(): void {
    this.sent = 0
  }

  /** Lets the oldest frame go; returns its length. */
  private shift(): number {
    const length = this.frames.shift()?.pcm.length ?? 0
    this.held -= length
    this.sent = Math.max(0, this.sent - 1)
    return length
  }
}
