"""The one loop of the ECU: clock, scheduler, mailbox, worker."""
