declare module '#db-migrations' {
  const migrations: import('../db/bundle-migrations.ts').Migrations
  export default migrations
}

declare module '#nitro-internal-pollyfills'
