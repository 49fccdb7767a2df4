/** What the gateway keeps of one session, for tests that reach it by plain calls. */
export class FakeServer {
  /** Samples, each standing at its own position. */
  heard: number[] = []
  posts: { offset: number; length: number; sender: string }[] = []
  events: { id: string; kind: string; data: object }[] = []
  /** Asked before anything else; an answer of its own stands for whatever is the matter. */
  trouble: (path: string, method: string) => Response | undefined = () => undefined
  private sender = 0

  readonly fetch = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const method = init.method ?? 'GET'
    const troubled = this.trouble(path, method)
    if (troubled) return troubled
    if (path.includes('once=true'))
      return new Response(this.told(new URLSearchParams(path.split('?')[1]).get('last_event_id') ?? '0-0'))
    if (method === 'POST' && path.includes('/audio')) return this.take(path, init.body as Int16Array)
    return Response.json({ session_id: '3-abc', state: 'running', words: true })
  }

  private take(path: string, pcm: Int16Array): Response {
    const query = new URLSearchParams(path.split('?')[1])
    const [offset, sender] = [Number(query.get('offset')), query.get('sender') ?? '']
    this.posts.push({ offset, length: pcm.length, sender })
    if (sender && sender !== String(this.sender))
      return Response.json({ reason: 'superseded', detail: 'Another one has it.' }, { status: 409 })
    if (!sender) this.sender += 1
    pcm.forEach((sample, n) => {
      if (offset + n === this.heard.length) this.heard.push(sample)
    })
    return Response.json({ ok: true, bytes: pcm.length * 2, next_offset: this.heard.length, sender: String(this.sender) })
  }

  private told(after: string): string {
    const place = this.events.findIndex(({ id }) => id === after)
    const blocks = this.events
      .slice(place + 1)
      .map(({ id, kind, data }) => `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`)
    return `: heartbeat\n\n${blocks.join('')}`
  }
}
