/** The server's own names and types, made from its OpenAPI document (npm run openapi). */

import type { components } from './openapi'

export type Schemas = components['schemas']

/** Fields of a schema as they came: named as the server names them, with values still to be checked. */
export type Unchecked<Name extends keyof Schemas> = Partial<Record<keyof Schemas[Name], unknown>>
