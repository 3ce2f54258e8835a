/**
 * What an operator can measure, for Prometheus (`/metrics`). One registry for the process: whoever does the work counts it
 * here. Labels have few, fixed values: never an id, never text of a person.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

const registry = new Registry()
const registers = [registry]
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export const metrics = {
  sockets: new Gauge({ name: 'parley_sockets', help: 'Open sockets of this process.', registers }),
  streams: new Gauge({ name: 'parley_streams', help: 'Open server-sent event streams of this process.', registers }),
  queueReady: new Gauge({ name: 'parley_queue_ready', help: 'Jobs that could run now.', registers }),
  queueOldest: new Gauge({ name: 'parley_queue_oldest_seconds', help: 'Age of the oldest job that could run now.', registers }),
  queueRunning: new Gauge({ name: 'parley_queue_running', help: 'Jobs that run, on all workers.', registers }),
  queueDead: new Gauge({ name: 'parley_queue_dead', help: 'Jobs that used up their attempts.', registers }),
  workers: new Gauge({ name: 'parley_workers', help: 'Living workers; -1 when it cannot be told.', registers }),
  openReplies: new Gauge({ name: 'parley_replies_open', help: 'Replies that have not ended, by status.', labelNames: ['status'] as const, registers }),
  finishedReplies: new Counter({ name: 'parley_replies_finished_total', help: 'Replies this process ended, by outcome.', labelNames: ['outcome'] as const, registers }),
  firstToken: new Histogram({ name: 'parley_first_token_seconds', help: 'From the start of a reply to the first of it that shows.', buckets: seconds, registers }),
  addedLatency: new Histogram({ name: 'parley_added_latency_seconds', help: 'From a piece leaving the model to its leaving for the clients.', buckets: seconds, registers }),
  retries: new Counter({ name: 'parley_reply_retries_total', help: 'Further tries of replies, by the fault that made them needed.', labelNames: ['code'] as const, registers }),
  storeErrors: new Counter({ name: 'parley_store_errors_total', help: 'Failed operations of the media store.', labelNames: ['operation'] as const, registers }),
  requests: new Histogram({ name: 'parley_http_request_seconds', help: 'HTTP requests, by method and class of status.', labelNames: ['method', 'status'] as const, buckets: seconds, registers }),
}

let measuresProcess = false

/** The whole report in Prometheus' text format. What a process uses by itself is measured from the first report on. */
export async function reportMetrics(): Promise<{ contentType: string, text: string }> {
  if (!measuresProcess) {
    measuresProcess = true
    collectDefaultMetrics({ register: registry })
  }
  return { contentType: registry.contentType, text: await registry.metrics() }
}
