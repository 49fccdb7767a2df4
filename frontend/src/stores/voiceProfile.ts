import { useLocalStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { eraseVoiceProfile } from '../server/api'

const BYTES = 16

/** Under which random token the server keeps corrections for later sessions. Only this browser knows it. */
export const useVoiceProfile = defineStore('voice-profile', () => {
  const token = useLocalStorage('linnet-voice-profile', '')

  /** The token, made now if there is none yet. */
  function make(): string {
    if (!token.value) {
      const random = crypto.getRandomValues(new Uint8Array(BYTES))
      token.value = Array.from(random, byte => byte.toString(16).padStart(2, '0')).join('')
    }
    return token.value
  }

  /** On the server first: without the token nobody could erase what lies there. */
  async function erase(): Promise<void> {
    if (token.value) await eraseVoiceProfile(token.value)
    token.value = ''
  }

  return { token, make, erase }
})
