import { afterEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { useSession } from '../../stores/session'
import { mount } from '../../testing/mount'
import KeyField from './KeyField.vue'

afterEach(() => localStorage.clear())

describe('KeyField', () => {
  it('gives the session what was typed, and keeps it', async () => {
    const { root } = mount(KeyField, {})
    const input = root.querySelector('input')
    expect(input?.type).toBe('password')
    if (input) input.value = ' linnet_abc '
    input?.dispatchEvent(new Event('input'))
    root.querySelector('form')?.dispatchEvent(new Event('submit'))
    await nextTick()
    expect(useSession().keyWanted).toBe(false)
    expect(localStorage.getItem('linnet-key')).toBe('linnet_abc')
  })
})
