import { drainForBearer, drainShape } from '../../utils/drain-route.ts'
import { definePublicRoute } from '../../utils/route.ts'

export default definePublicRoute(drainShape, drainForBearer)
