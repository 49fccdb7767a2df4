/** A WebSocket whose server is the test. */
export class FakeSocket {
  static all: FakeSocket[] = []
  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1)
    if (!socket) throw new Error('no socket was opened')
    return socket
  }

  binaryType = 'blob'
  sent: Int16Array[] = []
  closed = false
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  onerror: (() => void) | null = null

  constructor(readonly url: string) {
    FakeSocket.all.push(this)
  }

  get offset(): number {
    return Number(new URL(this.url).searchParams.get('offset'))
  }

  send(pcm: Int16Array): void {
    this.sent.push(pcm)
  }

  close(): void {
    this.closed = true
  }

  says(answer: object): void {
    this.onmessage?.({ data: JSON.stringify(answer) })
  }

  welcomes(nextOffset: number): void {
    this.says({ ok: true, next_offset: nextOffset })
  }

  acknowledges(frames: number): void {
    for (let i = 0; i < frames; i += 1) this.says({ ok: true, bytes: 3200 })
  }

  cuts(code = 1006): void {
    this.onclose?.({ code, reason: '' })
  }
}
