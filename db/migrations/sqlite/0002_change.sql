CREATE TABLE `user_turn` (
	`model` text NOT NULL,
	`user_id` text NOT NULL,
	`served_at` integer NOT NULL,
	PRIMARY KEY(`model`, `user_id`),
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
