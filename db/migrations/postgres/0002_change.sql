CREATE TABLE "user_turn" (
	"model" text NOT NULL,
	"user_id" text NOT NULL,
	"served_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "user_turn_model_user_id_pk" PRIMARY KEY("model","user_id")
);
--> statement-breakpoint
ALTER TABLE "user_turn" ADD CONSTRAINT "user_turn_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;