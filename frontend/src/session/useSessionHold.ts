import { onScopeDispose, readonly, shallowRef, type Ref } from 'vue'

/** ms for a page that was just reloaded to let go of what it held before. */
const RELOAD_PATIENCE = 500

export interface SessionHold {
  /** Another tab of this browser has the session that was asked about. */
  elsewhere: Readonly<Ref<boolean>>
  /** Asks who has the session, and goes on asking until nobody has it or this tab takes one. */
  ask: (sessionId: string) => Promise<void>
  /** From now on this tab holds it, even if another one did. */
  take: (sessionId: string) => void
  release: () => void
}

/** Some DOMs have a property that holds nothing. */
const locksHere = (): LockManager | null => (navigator as { locks?: LockManager | null }).locks ?? null
const lockOf = (sessionId: string): string => `linnet-session-${sessionId}`

/**
 * Which tab of this browser a session is open in, by a Web Lock: it goes with its tab, however that ends. A duplicated
 * tab has a copy of the first one's storage, so it knows the session but does not have it.
 *
 * Browsers have locks only on safe pages, as they have microphones; elsewhere nobody ever seems to have the session.
 */
export function useSessionHold(): SessionHold {
  const elsewhere = shallowRef(false)
  let letGo = (): void => undefined
  let asking = new AbortController()

  function stopAsking(): void {
    asking.abort()
    elsewhere.value = false
  }

  async function ask(sessionId: string): Promise<void> {
    stopAsking()
    const locks = locksHere()
    if (!locks) return
    const mine = (asking = new AbortController())
    const free = locks.request(lockOf(sessionId), { signal: mine.signal }, () => 'free').catch(() => 'asked no longer')
    const first = await Promise.race([free, new Promise(resolve => setTimeout(resolve, RELOAD_PATIENCE, 'held'))])
    if (first !== 'held' || mine.signal.aborted) return
    elsewhere.value = true
    void free.then(() => {
      if (!mine.signal.aborted) elsewhere.value = false
    })
  }

  function release(): void {
    letGo()
    letGo = () => undefined
  }

  function take(sessionId: string): void {
    stopAsking()
    release()
    const locks = locksHere()
    if (!locks) return
    const kept = new Promise<void>(resolve => (letGo = resolve))
    // Rejects once another tab takes it over; the server tells this page so by closing its socket.
    void locks.request(lockOf(sessionId), { steal: true }, () => kept).catch(() => undefined)
  }

  onScopeDispose(() => {
    stopAsking()
    release()
  })

  return { elsewhere: readonly(elsewhere), ask, take, release }
}
