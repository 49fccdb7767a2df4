/**
 * Corrects a `navigator.language` that is no language tag: WebKitGTK under LANG=C calls it "C", and uPlot, which formats
 * numbers in it as soon as it is loaded, would fail with a RangeError.
 */
try {
  Intl.getCanonicalLocales(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en', configurable: true })
}
