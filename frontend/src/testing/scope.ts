import { effectScope } from 'vue'

/** Runs a composable as a component would; `stop` is what unmounting does. */
export function inScope<T>(composable: () => T): T & { stop: () => void } {
  const scope = effectScope()
  const result = scope.run(composable)
  if (result === undefined) throw new Error('the composable returned nothing')
  return Object.assign(result as T & object, { stop: () => scope.stop() })
}
