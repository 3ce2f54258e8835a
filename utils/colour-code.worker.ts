/** A thread beside the page's: to learn a language takes a slow device half a second at once, in which nobody's key would be answered. */
import { colourCode, type ColourRequest } from './colour-code.ts'

addEventListener('message', ({ data }: MessageEvent<ColourRequest>) => {
  void colourCode(data).then((answer) => { postMessage(answer) })
})
