import { useLocalStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { t } from '../strings'

const LONGEST_NAME = 40

interface Named {
  sessionId: string
  names: Record<string, string>
}

/**
 * What a person calls the voices of the present session. Kept in this browser only, and only for that session: in the
 * next one "speaker_a" is somebody else.
 */
export const useSpeakers = defineStore('speakers', () => {
  const kept = useLocalStorage<Named>('linnet-speakers', { sessionId: '', names: {} }, { mergeDefaults: true })

  /** Ids of this session's voices, in the order in which they came. */
  const heard = shallowRef<readonly string[]>([])

  function hear(speakerId: string): void {
    if (speakerId && !heard.value.includes(speakerId)) heard.value = [...heard.value, speakerId]
  }

  /** Forgets the names unless they belong to this session. */
  function meet(sessionId: string): void {
    heard.value = []
    if (kept.value.sessionId !== sessionId) kept.value = { sessionId, names: {} }
  }

  function rename(speakerId: string, name: string): void {
    const given = name.trim().slice(0, LONGEST_NAME)
    const names = Object.entries({ ...kept.value.names, [speakerId]: given }).filter(([, kept]) => kept)
    kept.value = { ...kept.value, names: Object.fromEntries(names) }
  }

  /** "Mum", as named, or else "Speaker A"; nothing when there is none. */
  function nameOf(speakerId: string): string {
    const letter = speakerId.replace(/^speaker_/, '').toUpperCase()
    return kept.value.names[speakerId] ?? (letter && t.now.speaker(letter))
  }

  return { kept, heard, hear, meet, rename, nameOf }
})
