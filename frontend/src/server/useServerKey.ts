import { useLocalStorage } from '@vueuse/core'
import { computed, type ComputedRef, type Ref } from 'vue'
import type { Trouble } from './trouble'

export interface ServerKey {
  /** The server's API key, where it asks for one. */
  key: Ref<string>
  /** The last start failed for want of a key that is valid. */
  keyWanted: ComputedRef<boolean>
  /** The next start shows the server this key. */
  useKey: (typed: string) => void
}

/** The key that a server may ask for, kept in this browser. */
export function useServerKey(trouble: Ref<Trouble | null>): ServerKey {
  const key = useLocalStorage('linnet-key', '')
  return {
    key,
    keyWanted: computed(() => trouble.value?.code === 'key-missing' || trouble.value?.code === 'key-invalid'),
    useKey(typed) {
      key.value = typed.trim()
      trouble.value = null
    },
  }
}
