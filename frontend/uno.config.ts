import { defineConfig, presetIcons, presetWind4 } from 'unocss'
import { ICONS } from './src/contract/affects'
import { paletteCss } from './src/look/palette'

export default defineConfig({
  presets: [presetWind4({ preflights: { reset: true } }), presetIcons({ scale: 1.15 })],
  preflights: [{ getCSS: () => paletteCss() }],
  // Named in the table only, so no scanned file shows them.
  safelist: Object.values(ICONS),
  theme: {
    colors: {
      page: 'var(--page)',
      card: 'var(--card)',
      text: 'var(--text)',
      muted: 'var(--muted)',
      accent: 'var(--accent)',
      onAccent: 'var(--on-accent)',
      ink: 'var(--ink)',
      tint: 'var(--tint)',
      line: 'var(--line)',
      rule: 'color-mix(in srgb, var(--muted) 28%, transparent)',
      edge: 'color-mix(in srgb, var(--muted) 78%, transparent)',
    },
  },
  shortcuts: {
    heading: 'text-sm font-600 tracking-wide text-muted',
    button:
      'inline-flex items-center justify-center gap-[8px] min-h-11 px-[12px] sm:px-[16px] py-2 rounded-xl font-500 cursor-pointer disabled:cursor-default disabled:opacity-60',
    'button-primary': 'button bg-accent text-onAccent border border-accent hover:brightness-110',
    'button-quiet': 'button bg-card text-text border border-edge hover:border-accent hover:text-accent',
    small:
      'inline-flex items-center gap-2 min-h-[36px] px-[12px] rounded-xl border text-sm font-500 cursor-pointer disabled:cursor-default disabled:opacity-60',
    'button-small':
      'small border-edge bg-card text-text hover:border-accent hover:text-accent aria-pressed:bg-accent aria-pressed:text-onAccent aria-pressed:border-accent aria-pressed:hover:text-onAccent',
    // One whose name, not a pressed state, says that it is on.
    'button-small-on': 'small border-accent bg-accent text-onAccent hover:brightness-110',
    // What a person typed: no length and no word of it may widen what it stands in.
    'given-name': 'min-w-0 [overflow-wrap:anywhere]',
    chip: 'inline-flex items-center gap-1.5 rounded-full px-3 py-1 text-sm',
    card: 'rounded-2xl bg-card border border-rule',
  },
})
