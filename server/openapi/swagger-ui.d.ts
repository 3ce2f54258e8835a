/** The two files of Swagger UI that a page needs, put into the build as base64 (nuxt.config.ts). */
declare module '#swagger-ui' {
  export const files: Record<'swagger-ui-bundle.js' | 'swagger-ui.css', string>
}
