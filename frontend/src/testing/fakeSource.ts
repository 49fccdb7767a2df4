/** An EventSource whose server is the test. */
export class FakeSource extends EventTarget {
  static readonly CLOSED = 2
  static all: FakeSource[] = []
  static get last(): FakeSource {
    const source = FakeSource.all.at(-1)
    if (!source) throw new Error('no stream was opened')
    return source
  }

  readyState = 0
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null

  constructor(readonly url: string) {
    super()
    FakeSource.all.push(this)
  }

  close(): void {
    this.readyState = 2
  }

  opens(): void {
    this.readyState = 1
    this.onopen?.()
  }

  /** `forGood`: the server answered with an error, so the browser does not try again. */
  fails(forGood: boolean): void {
    this.readyState = forGood ? 2 : 0
    this.onerror?.()
  }

  sends(kind: string, data: object, lastEventId = ''): void {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data), lastEventId }))
  }
}
