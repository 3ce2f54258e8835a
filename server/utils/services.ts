import type { Services } from '../services.ts'

let opened: Services | undefined

/** Called once by the lifecycle plugin, before the first request. */
export function provideServices(services: Services): void {
  opened = services
}

/** The services of this process. Edges (routes, sockets) get them here; everything deeper gets them as an argument. */
export function useServices(): Services {
  if (!opened) throw new Error('The services are not open yet')
  return opened
}
