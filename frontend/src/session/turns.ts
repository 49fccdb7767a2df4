/** Whether what was begun is still wanted. */
export type Wanted = () => boolean

export interface Turns {
  /** Begins another; what was begun before is no longer wanted. */
  next: () => Wanted
  /** For what belongs to the present one. */
  present: () => Wanted
}

/** Counts what a person began and gave up: a start that was cancelled must not go on. */
export function countTurns(): Turns {
  let turn = 0

  function present(): Wanted {
    const mine = turn
    return () => mine === turn
  }

  return {
    present,
    next() {
      turn += 1
      return present()
    },
  }
}
