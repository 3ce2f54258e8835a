ALTER TABLE "media" ADD COLUMN "spoken_of" text;--> statement-breakpoint
ALTER TABLE "media" ADD CONSTRAINT "media_spoken_of_message_id_fk" FOREIGN KEY ("spoken_of") REFERENCES "public"."message"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "media_one_spoken" ON "media" USING btree ("spoken_of") WHERE spoken_of is not null;