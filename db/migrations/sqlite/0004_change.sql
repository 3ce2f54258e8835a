-- drizzle-kit leaves the cascade of an added column out; without it a reply that was read aloud could not be deleted.
ALTER TABLE `media` ADD `spoken_of` text REFERENCES message(id) ON DELETE cascade;--> statement-breakpoint
CREATE UNIQUE INDEX `media_one_spoken` ON `media` (`spoken_of`) WHERE spoken_of is not null;