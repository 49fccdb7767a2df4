type Work = (lock: object | null) => unknown

interface Request {
  work: Work
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

/** The Web Locks of one browser, shared by its pages. */
export class FakeLocks {
  private held = new Map<string, Request>()
  private waiting = new Map<string, Request[]>()

  request(
    name: string,
    { steal, signal, ifAvailable }: { steal?: boolean; signal?: AbortSignal; ifAvailable?: boolean },
    work: Work,
  ): Promise<unknown> {
    if (ifAvailable && this.held.has(name)) return Promise.resolve(work(null))
    return new Promise((resolve, reject) => {
      const request = { work, resolve, reject }
      const queue = this.waiting.get(name) ?? []
      this.waiting.set(name, queue)
      signal?.addEventListener('abort', () => {
        if (queue.includes(request)) queue.splice(queue.indexOf(request), 1)
        reject(new DOMException('', 'AbortError'))
      })
      if (steal) {
        this.held.get(name)?.reject(new DOMException('', 'AbortError'))
        this.held.delete(name)
        queue.unshift(request)
      } else queue.push(request)
      this.grant(name)
    })
  }

  isHeld = (name: string): boolean => this.held.has(name)

  private grant(name: string): void {
    if (this.held.has(name)) return
    const next = this.waiting.get(name)?.shift()
    if (!next) return
    this.held.set(name, next)
    void Promise.resolve(next.work({ name })).then(value => {
      next.resolve(value)
      if (this.held.get(name) !== next) return
      this.held.delete(name)
      this.grant(name)
    })
  }
}

/** Undone by removeFakeLocks. */
export function installFakeLocks(): FakeLocks {
  const locks = new FakeLocks()
  Object.defineProperty(navigator, 'locks', { value: locks, configurable: true })
  return locks
}

export const removeFakeLocks = (): boolean => Reflect.deleteProperty(navigator, 'locks')
