/** Whether this process wants new visitors. */
let draining = false

/** From now on readiness is refused, so that a load balancer sends visitors elsewhere. Called at shutdown, before sockets are closed. */
export function startDraining(): void {
  draining = true
}

export const isDraining = (): boolean => draining
