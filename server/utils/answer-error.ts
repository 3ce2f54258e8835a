import { send, setResponseHeader, type H3Error, type H3Event } from 'h3'
import { answerProblem } from './route.ts'

/** Answers an error that no route of ours answered (unknown paths and methods, bugs outside of routes) as a problem in JSON. */
export async function answerError(error: H3Error, event: H3Event): Promise<void> {
  if (event.handled) return
  const answer = answerProblem(event, error)
  if (!answer) return
  setResponseHeader(event, 'content-type', 'application/json; charset=utf-8')
  await send(event, JSON.stringify(answer))
}
