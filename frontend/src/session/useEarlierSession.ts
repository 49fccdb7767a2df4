import { useSessionStorage } from '@vueuse/core'
import { onScopeDispose, readonly, shallowRef, type Ref } from 'vue'
import { checkSession } from '../server/api'
import { Trouble } from '../server/trouble'
import { whileAway } from '../server/whileAway'
import type { SessionHold } from './useSessionHold'

export interface EarlierSession {
  /** Id of this tab's last session before the page was reloaded, while the server has it; else empty. */
  earlier: Readonly<Ref<string>>
  /** It still runs: cut off in the middle by a reload, a discarded tab or a browser's restart, or open in another tab. */
  open: Readonly<Ref<boolean>>
  /** A new session began, and is the one to find after a reload. */
  remember: (id: string) => void
  forget: () => void
  /** Asks whether it still runs, as long as the server is away. */
  look: () => Promise<void>
}

/**
 * Lets people go on with, look at, download or erase a session after a reload. Kept until the tab is closed: the id is
 * the session's key.
 */
export function useEarlierSession(hold: Pick<SessionHold, 'ask'>): EarlierSession {
  const last = useSessionStorage('linnet-session', '')
  const earlier = shallowRef(last.value)
  const open = shallowRef(false)
  let gone = false
  onScopeDispose(() => {
    gone = true
  })

  function remember(id: string): void {
    last.value = id
    earlier.value = ''
    open.value = false
  }

  async function look(): Promise<void> {
    const id = earlier.value
    const wanted = (): boolean => !gone && id !== '' && earlier.value === id
    try {
      const { running } = await whileAway(() => checkSession(id), wanted)
      // Before anything is said of it: a tab that was duplicated only knows of it.
      if (running && wanted()) await hold.ask(id)
      if (wanted()) open.value = running
    } catch (error) {
      if (error instanceof Trouble && error.code === 'session-unknown' && wanted()) remember('')
    }
  }
  if (earlier.value) void look()

  return { earlier: readonly(earlier), open: readonly(open), remember, forget: () => remember(''), look }
}
