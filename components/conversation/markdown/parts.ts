import type { Component } from 'vue'
import { loadPatiently } from '~/utils/load-patiently'

let renderer: Component | undefined
/** The renderer when it is there already: then a piece is drawn at once, and who draws in slices knows what it took. */
export const rendererNow = () => renderer

/** Parts of a reply that are loaded when the first message needs them, however the line is just then. */
export const loadRenderer = loadPatiently(async () => {
  const module = await import('./MarkdownRenderer.vue')
  renderer = module.default
  // To read the first text takes as long as to read the script: each has a task of its own.
  await new Promise(resolve => setTimeout(resolve))
  return module
})
export const loadFormula = loadPatiently(() => import('./MarkdownFormula.vue'))
export const loadDiagram = loadPatiently(() => import('./MarkdownDiagram.vue'))
