/** OKLCH → sRGB. https://bottosson.github.io/posts/oklab/ (the matrices are from there). */

export interface Oklch {
  /** Lightness 0…1, as it looks. */
  l: number
  /** Chroma, 0 = grey; about 0.3 at most. */
  c: number
  /** Hue, degrees. */
  h: number
}

export type Rgb = [number, number, number]

function linear({ l, c, h }: Oklch): Rgb {
  const a = c * Math.cos((h * Math.PI) / 180)
  const b = c * Math.sin((h * Math.PI) / 180)
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ]
}

const shown = (rgb: Rgb): boolean => rgb.every(channel => channel >= -0.0005 && channel <= 1.0005)

/** "#rrggbb"; a colour that no screen shows keeps lightness and hue and loses chroma until one does. */
export function hex(colour: Oklch): string {
  let { c } = colour
  while (c > 0 && !shown(linear({ ...colour, c }))) c -= 0.002
  return `#${linear({ ...colour, c: Math.max(0, c) })
    .map(byte)
    .join('')}`
}

function byte(channel: number): string {
  const clipped = Math.min(1, Math.max(0, channel))
  const encoded = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055
  return Math.round(encoded * 255)
    .toString(16)
    .padStart(2, '0')
}
