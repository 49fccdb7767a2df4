/** Files that are dropped where nothing takes them: a browser would leave the page and show them instead. */
export function keepFilesOut(page: EventTarget = window): void {
  for (const kind of ['dragover', 'drop']) {
    page.addEventListener(kind, event => {
      // Words may still be dragged into a field.
      if (event instanceof DragEvent && event.dataTransfer?.types.includes('Files')) event.preventDefault()
    })
  }
}
