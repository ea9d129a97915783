-- Where to a code goes that is asked for before anything else of a person is stored: to join a day's waiting list.
ALTER TABLE booking_code ADD COLUMN address VARCHAR(254);
