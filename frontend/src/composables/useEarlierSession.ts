import { useSessionStorage } from '@vueuse/core'
import { readonly, shallowRef, type Ref } from 'vue'
import { checkSession } from '../api'
import { Trouble } from '../trouble'

export interface EarlierSession {
  /** Id of this tab's last session before the page was reloaded, while the server has it; else empty. */
  earlier: Readonly<Ref<string>>
  /** It still runs: a reload, a discarded tab or a browser's restart has cut it off in the middle. */
  open: Readonly<Ref<boolean>>
  /** A new session began, and is the one to find after a reload. */
  remember: (id: string) => void
  forget: () => void
}

/**
 * Lets people go on with, download or erase a session after a reload. Kept until the tab is closed: the id is the
 * session's key.
 */
export function useEarlierSession(): EarlierSession {
  const last = useSessionStorage('linnet-session', '')
  const earlier = shallowRef(last.value)
  const open = shallowRef(false)

  function remember(id: string): void {
    last.value = id
    earlier.value = ''
    open.value = false
  }

  async function check(id: string): Promise<void> {
    try {
      const { running } = await checkSession(id)
      open.value = running && earlier.value === id
    }
    catch (error) {
      if (error instanceof Trouble && error.code === 'session-unknown' && earlier.value === id) remember('')
    }
  }
  if (earlier.value) void check(earlier.value)

  return { earlier: readonly(earlier), open: readonly(open), remember, forget: () => remember('') }
}
