import { useLocalStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { t } from '../strings'

const LONGEST_NAME = 40
/** Sessions whose names are kept; those that were named longest ago go first. */
export const MOST_SESSIONS = 8

interface Named {
  sessionId: string
  names: Record<string, string>
}

function isNamed(value: unknown): value is Named {
  const { sessionId, names } = (value ?? {}) as Partial<Record<keyof Named, unknown>>
  return (
    typeof sessionId === 'string' &&
    typeof names === 'object' &&
    names !== null &&
    Object.values(names).every(name => typeof name === 'string')
  )
}

/** What another version, or a person, left in the browser counts only as far as this page knows it. */
const serializer = {
  read(text: string): Named[] {
    try {
      const found: unknown = JSON.parse(text)
      return (Array.isArray(found) ? found : [found]).filter(isNamed).slice(-MOST_SESSIONS)
    } catch {
      return []
    }
  },
  write: (kept: Named[]): string => JSON.stringify(kept),
}

/**
 * What a person calls the voices of the present session. Kept in this browser only, and apart for each session: in
 * another one, which may be open in another tab, "speaker_a" is somebody else.
 */
export const useSpeakers = defineStore('speakers', () => {
  const kept = useLocalStorage<Named[]>('linnet-speakers', [], { serializer })
  const session = shallowRef('')
  const names = computed(() => kept.value.find(({ sessionId }) => sessionId === session.value)?.names ?? {})

  /** Ids of this session's voices, in the order in which they came. */
  const heard = shallowRef<readonly string[]>([])

  function hear(speakerId: string): void {
    if (speakerId && !heard.value.includes(speakerId)) heard.value = [...heard.value, speakerId]
  }

  /** From here on it is about this session. */
  function meet(sessionId: string): void {
    heard.value = []
    session.value = sessionId
  }

  /** The session is erased: the names that were given in it go too. */
  function forget(sessionId: string): void {
    heard.value = []
    kept.value = kept.value.filter(one => one.sessionId !== sessionId)
  }

  function rename(speakerId: string, name: string): void {
    if (!session.value) return
    const given = name.trim().slice(0, LONGEST_NAME)
    const all = Object.entries({ ...names.value, [speakerId]: given }).filter(([, name]) => name)
    const others = kept.value.filter(({ sessionId }) => sessionId !== session.value)
    const mine = all.length ? [{ sessionId: session.value, names: Object.fromEntries(all) }] : []
    kept.value = [...others, ...mine].slice(-MOST_SESSIONS)
  }

  /** "Mum", as named, or else "Speaker A"; nothing when there is none. */
  function nameOf(speakerId: string): string {
    const letter = speakerId.replace(/^speaker_/, '').toUpperCase()
    return names.value[speakerId] ?? (letter && t.now.speaker(letter))
  }

  return { names, heard, hear, meet, forget, rename, nameOf }
})
