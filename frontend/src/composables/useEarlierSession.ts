import { useSessionStorage } from '@vueuse/core'
import { readonly, shallowRef, type Ref } from 'vue'
import { checkSession } from '../api'
import { Trouble } from '../trouble'

export interface EarlierSession {
  /** Id of this tab's last session before the page was reloaded, while the server has it; else empty. */
  earlier: Readonly<Ref<string>>
  /** A new session began, and is the one to find after a reload. */
  remember: (id: string) => void
  forget: () => void
}

/** Lets people download or erase a session after a reload. Kept until the tab is closed: the id is the session's key. */
export function useEarlierSession(): EarlierSession {
  const last = useSessionStorage('linnet-session', '')
  const earlier = shallowRef(last.value)

  function remember(id: string): void {
    last.value = id
    earlier.value = ''
  }

  async function check(id: string): Promise<void> {
    try {
      await checkSession(id)
    }
    catch (error) {
      if (error instanceof Trouble && error.code === 'session-unknown' && earlier.value === id) remember('')
    }
  }
  if (earlier.value) void check(earlier.value)

  return { earlier: readonly(earlier), remember, forget: () => remember('') }
}
