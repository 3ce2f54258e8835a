CREATE TABLE `account` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`account_id` text NOT NULL,
	`provider_id` text NOT NULL,
	`password` text,
	`access_token` text,
	`refresh_token` text,
	`id_token` text,
	`access_token_expires_at` integer,
	`refresh_token_expires_at` integer,
	`scope` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `account_by_user` ON `account` (`user_id`);--> statement-breakpoint
CREATE TABLE `command` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`answer` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `command_by_created` ON `command` (`created_at`);--> statement-breakpoint
CREATE TABLE `conversation` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`title` text,
	`titled_by` text NOT NULL,
	`model` text,
	`instructions` text,
	`seq` integer NOT NULL,
	`active_message_id` text,
	`pinned_at` integer,
	`archived_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `conversation_by_user` ON `conversation` (`user_id`,`updated_at`);--> statement-breakpoint
CREATE TABLE `delta` (
	`message_id` text NOT NULL,
	`epoch` integer NOT NULL,
	`n` integer NOT NULL,
	`upto` integer NOT NULL,
	`chunks` text NOT NULL,
	PRIMARY KEY(`message_id`, `epoch`, `n`),
	FOREIGN KEY (`message_id`) REFERENCES `message`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `job` (
	`id` text PRIMARY KEY NOT NULL,
	`task` text NOT NULL,
	`payload` text NOT NULL,
	`key` text,
	`priority` integer NOT NULL,
	`run_at` integer NOT NULL,
	`attempts` integer NOT NULL,
	`max_attempts` integer NOT NULL,
	`locked_at` integer,
	`locked_by` text,
	`last_error` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `job_key_unique` ON `job` (`key`);--> statement-breakpoint
CREATE INDEX `job_by_turn` ON `job` (`priority`,`run_at`) WHERE "job"."locked_by" is null;--> statement-breakpoint
CREATE TABLE `media` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`message_id` text,
	`place` integer NOT NULL,
	`type` text NOT NULL,
	`file_path` text NOT NULL,
	`name` text NOT NULL,
	`mime` text NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text,
	`width` integer,
	`height` integer,
	`duration_ms` integer,
	`pages` integer,
	`status` text NOT NULL,
	`progress` integer NOT NULL,
	`error` text,
	`notice` text,
	`upload_id` text,
	`stored_bytes` integer NOT NULL,
	`placeholder` text,
	`waveform` text,
	`derived` text NOT NULL,
	`transcript` text,
	`extracted_text` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`message_id`) REFERENCES `message`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `media_by_message` ON `media` (`message_id`);--> statement-breakpoint
CREATE INDEX `media_by_user` ON `media` (`user_id`,`sha256`);--> statement-breakpoint
CREATE INDEX `media_unattached` ON `media` (`created_at`) WHERE "media"."message_id" is null;--> statement-breakpoint
CREATE TABLE `message` (
	`id` text PRIMARY KEY NOT NULL,
	`conversation_id` text NOT NULL,
	`parent_id` text,
	`role` text NOT NULL,
	`message_type` text NOT NULL,
	`content` text NOT NULL,
	`parts` text NOT NULL,
	`file_path` text,
	`status` text NOT NULL,
	`attempt` integer NOT NULL,
	`epoch` integer NOT NULL,
	`writer_id` text,
	`model` text,
	`usage` text,
	`error` text,
	`attempts` text NOT NULL,
	`next_try_at` integer,
	`stop_requested_at` integer,
	`had_effects` integer NOT NULL,
	`started_at` integer,
	`seq` integer NOT NULL,
	`born_seq` integer NOT NULL,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversation`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `message_by_conversation_seq` ON `message` (`conversation_id`,`seq`);--> statement-breakpoint
CREATE INDEX `message_by_parent` ON `message` (`parent_id`);--> statement-breakpoint
CREATE INDEX `message_open` ON `message` (`status`,`model`,`created_at`) WHERE (status = 'waiting' or status = 'writing' or status = 'retrying');--> statement-breakpoint
CREATE UNIQUE INDEX `message_one_writing` ON `message` (`conversation_id`) WHERE status = 'writing';--> statement-breakpoint
CREATE TABLE `model_turn` (
	`model` text PRIMARY KEY NOT NULL,
	`taken_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `rate_limit` (
	`id` text PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`count` integer NOT NULL,
	`last_request` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `rate_limit_key_unique` ON `rate_limit` (`key`);--> statement-breakpoint
CREATE TABLE `session` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`token` text NOT NULL,
	`expires_at` integer NOT NULL,
	`ip_address` text,
	`user_agent` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `session_token_unique` ON `session` (`token`);--> statement-breakpoint
CREATE INDEX `session_by_user` ON `session` (`user_id`);--> statement-breakpoint
CREATE TABLE `tombstone` (
	`id` text PRIMARY KEY NOT NULL,
	`deleted_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `user` (
	`id` text PRIMARY KEY NOT NULL,
	`username` text,
	`display_username` text,
	`name` text NOT NULL,
	`email` text NOT NULL,
	`email_verified` integer NOT NULL,
	`image` text,
	`is_anonymous` integer,
	`model` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `user_username_unique` ON `user` (`username`);--> statement-breakpoint
CREATE UNIQUE INDEX `user_email_unique` ON `user` (`email`);--> statement-breakpoint
CREATE TABLE `verification` (
	`id` text PRIMARY KEY NOT NULL,
	`identifier` text NOT NULL,
	`value` text NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `verification_by_identifier` ON `verification` (`identifier`);--> statement-breakpoint
CREATE TABLE `websocket_connection` (
	`user_id` text NOT NULL,
	`conversation_id` text NOT NULL,
	`last_active` integer NOT NULL,
	`devices` text NOT NULL,
	PRIMARY KEY(`user_id`, `conversation_id`),
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversation`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `websocket_connection_by_last_active` ON `websocket_connection` (`last_active`);