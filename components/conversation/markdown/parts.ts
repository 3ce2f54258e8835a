import { loadPatiently } from '~/utils/load-patiently'

/** Parts of a reply that are loaded when the first message needs them, however the line is just then. */
export const loadRenderer = loadPatiently(() => import('./MarkdownRenderer.vue'))
export const loadFormula = loadPatiently(() => import('./MarkdownFormula.vue'))
export const loadDiagram = loadPatiently(() => import('./MarkdownDiagram.vue'))
