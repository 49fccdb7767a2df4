/**
 * How many event streams the tabs of this browser hold together. Over HTTP/1.1 browsers open six connections to an
 * origin; streams that took them all would lock out every tab, page loads included.
 */

const SLOTS = 3
const lockOf = (slot: number): string => `linnet-stream-${slot}`

/** Some DOMs have a property that holds nothing. */
const locksHere = (): LockManager | null => (navigator as { locks?: LockManager | null }).locks ?? null

/** Browsers have locks only on safe pages; elsewhere every page may hold a stream while it is shown. */
export const slotsAreCounted = (): boolean => locksHere() !== null

/** Resolves with the way to give the slot back, or with null when other tabs hold them all. A slot goes with its tab. */
export async function takeSlot(): Promise<(() => void) | null> {
  for (let slot = 0; slot < SLOTS; slot += 1) {
    const release = await tryLock(lockOf(slot))
    if (release) return release
  }
  return null
}

function tryLock(name: string): Promise<(() => void) | null> {
  return new Promise(resolve => {
    const hold = (lock: Lock | null): Promise<void> | null => {
      if (lock) return new Promise(release => resolve(release))
      resolve(null)
      return null
    }
    locksHere()
      ?.request(name, { ifAvailable: true }, hold)
      .catch(() => resolve(null))
  })
}
