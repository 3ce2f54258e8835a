/** Job name → what carries it out. */
import type { ReplyWriter } from '../domain/reply-writer.ts'
import type { JobHandlers } from '../queue/queue.ts'
import type { Services } from '../services.ts'
import { deleteObjects } from './delete-objects.ts'
import { nameConversation } from './name-conversation.ts'
import { processMedia } from './process-media.ts'
import { speakReply } from './speak-reply.ts'
import { sweep } from './sweep.ts'
import { writeReply } from './write-reply.ts'

export const jobHandlers = (services: Services, writer: ReplyWriter): JobHandlers => ({
  'write-reply': (payload, context) => writeReply(services, writer, payload, context),
  'name-conversation': (payload, context) => nameConversation(services, payload, context),
  'process-media': (payload, context) => processMedia(services, payload, context),
  'speak-reply': (payload, context) => speakReply(services, payload, context),
  'delete-objects': (payload, context) => deleteObjects(services, payload, context),
  'sweep': payload => sweep(services, payload),
})
