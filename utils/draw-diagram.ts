import { loadPatiently } from './load-patiently.ts'

const loadMermaid = loadPatiently(async () => (await import('mermaid')).default)
let count = 0

/** The page's own colours (assets/main.css); as numbers, since a picture knows no variables of the page. */
const colours = {
  light: { background: '#ffffff', primaryColor: '#f4f2ee', primaryBorderColor: '#b5aea5', primaryTextColor: '#292524', secondaryColor: '#d3f1ea', tertiaryColor: '#faf9f7', lineColor: '#78716c', textColor: '#292524', edgeLabelBackground: '#ffffff' },
  dark: { background: '#161514', primaryColor: '#24221f', primaryBorderColor: '#5c5751', primaryTextColor: '#e7e5e4', secondaryColor: '#184a48', tertiaryColor: '#1b1a18', lineColor: '#a8a29e', textColor: '#e7e5e4', edgeLabelBackground: '#161514' },
}

/** Mermaid keeps its settings globally, so drawings are made one after the other. */
let queue: Promise<unknown> = Promise.resolve()

/** Everything a diagram could set for itself and must not. */
const ours = ['secure', 'securityLevel', 'startOnLoad', 'maxTextSize', 'maxEdges', 'suppressErrorRendering', 'htmlLabels', 'flowchart', 'theme', 'themeCSS', 'themeVariables', 'fontFamily', 'altFontFamily', 'dompurifyConfig', 'look']

/** Where Mermaid measures while it draws: laid out, but neither seen nor read out, and out of the page's way. */
function workbench(): HTMLElement {
  const bench = document.createElement('div')
  bench.setAttribute('aria-hidden', 'true')
  Object.assign(bench.style, { position: 'fixed', inset: '0', overflow: 'hidden', visibility: 'hidden', pointerEvents: 'none' })
  document.body.append(bench)
  return bench
}

/**
 * A Mermaid source as an SVG document. Labels are SVG text, never HTML. The result is meant to be shown as a *picture*
 * (`<img src="blob:…">`): there a browser neither runs scripts nor loads anything, whatever the SVG says.
 */
export function drawDiagram(source: string, dark: boolean): Promise<string> {
  const drawing = queue.then(async () => {
    const mermaid = await loadMermaid()
    // What stands in its place is painted first, and between two of them the page answers.
    await new Promise(resolve => setTimeout(resolve, 30))
    mermaid.initialize({
      startOnLoad: false, securityLevel: 'strict', suppressErrorRendering: true, htmlLabels: false, flowchart: { htmlLabels: false },
      theme: 'base', look: 'classic', themeVariables: { darkMode: dark, fontSize: '15px', ...colours[dark ? 'dark' : 'light'] }, fontFamily: 'system-ui, sans-serif', maxTextSize: 20_000, maxEdges: 300, secure: ours,
    })
    const bench = workbench()
    try {
      const { svg } = await mermaid.render(`diagram-${++count}`, source, bench)
      return svg
    }
    finally { bench.remove() }
  })
  queue = drawing.catch(() => undefined)
  return drawing
}

/** Width and height of an SVG document by its view box, so that its place can be kept. */
export function sizeOfSvg(svg: string): { width: number, height: number } | null {
  const box = /viewBox="([-\d.]+) ([-\d.]+) ([\d.]+) ([\d.]+)"/.exec(svg)
  const width = Math.ceil(Number(box?.[3]))
  const height = Math.ceil(Number(box?.[4]))
  return width > 0 && height > 0 ? { width, height } : null
}
